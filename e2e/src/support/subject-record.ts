import type { Locator } from "playwright-core";
import { expect } from "vitest";
import type { ConsolePerson } from "./console-person.ts";

/** The row of one field of the subject that is on the screen. */
export const fieldRow = ({ page }: ConsolePerson, variable: string): Locator => page.locator(".field-row").filter({ has: page.getByText(variable, { exact: true }) });

/** Opens one field with a purpose and a reason, and answers the value that is then on the screen. */
export async function reveal(person: ConsolePerson, variable: string, reason: string): Promise<string> {
  const row = fieldRow(person, variable);
  await row.getByRole("button", { name: /^Open / }).click();
  await person.page.getByRole("radio", { name: "Monitoring" }).check();
  await person.fill("Reason", reason);
  await person.button("Open it").click();
  return await row.locator(".open-value-text").innerText();
}

/** Waits until nothing is open, and looks for the value wherever the next one at this browser could find it. */
export async function expectGone(person: ConsolePerson, value: string): Promise<void> {
  await person.page.locator(".open-value-text").first().waitFor({ state: "detached" });
  expect(await person.page.content()).not.toContain(value);
  expect(await person.leftBehind()).not.toContain(value);
}
