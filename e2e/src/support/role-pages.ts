import type { ConsolePerson } from "./console-person.ts";

/** A cell, as the grid names it: `role action resource`. */
export const cell = ({ page }: ConsolePerson, place: string) => page.locator(`[data-place="${place}"]`);

/** Opens a cell of the draft by the keyboard alone, allows what it says, and comes back to it. */
export async function allowInDraft(person: ConsolePerson, place: string): Promise<void> {
  const [, action = ""] = place.split(" ");
  await person.fill("Find acts and things", action);
  await cell(person, place).waitFor();
  await person.page.locator('.matrix-cell[tabindex="0"]').focus();
  await person.page.keyboard.press("Home");
  for (let column = 0; column < 60; column++) {
    const at = await person.page.locator(".matrix-cell:focus").getAttribute("data-place");
    if (at === place) break;
    await person.page.keyboard.press("ArrowRight");
  }
  await person.page.keyboard.press("Enter");
  await person.page.getByRole("dialog").getByText("Allowed", { exact: true }).click();
  await person.page.keyboard.press("Escape");
  await person.page.locator(`.matrix-added[data-place="${place}"]:focus`).waitFor();
}

/** Proposes the draft, and comes to the page of the proposal. */
export async function propose(person: ConsolePerson, title: string): Promise<void> {
  await person.fill("Title of the version", title);
  await person.page.getByRole("button", { name: "Propose", exact: true }).click();
  await person.page.waitForURL(/\/roles\/proposals\/pol_/);
  await person.heading(new RegExp(`Version \\d+: ${title}`));
}

/** Asks for approval of what is on the page, and comes to the request. */
export async function putToApproval(person: ConsolePerson, reason: string): Promise<void> {
  await person.page.getByRole("dialog").getByLabel("Reason").fill(reason);
  await person.button("Ask for approval").click();
  await person.page.waitForURL(/\/approvals\?show=mine&request=apr_/);
  await person.see("You asked for this yourself");
}
