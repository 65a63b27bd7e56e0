import type { ConsolePerson } from "./console-person.ts";

/** Opens somebody's drawer on the page of people. */
export async function openPerson(person: ConsolePerson, printedName: string): Promise<void> {
  await person.goto("/people");
  await person.button(printedName).click();
  await person.heading("Roles");
}

/** Chooses one of a few. */
export async function chooseIn({ page }: ConsolePerson, label: string, option: string | RegExp): Promise<void> {
  await page
    .getByRole("button", { name: new RegExp(label) })
    .last()
    .click();
  await page.getByRole("option", { name: option }).first().click();
}

/** Finds a place by typing, and adds it to those that are chosen. */
export async function choosePlace({ page }: ConsolePerson, place: string): Promise<void> {
  await page.getByRole("combobox", { name: /[Ww]here/ }).fill(place);
  await page.getByRole("option", { name: place }).first().click();
}

/** Puts on record that somebody is who they say they are, as an administrator who has seen their passport. */
export async function identify(admin: ConsolePerson, printedName: string): Promise<void> {
  await openPerson(admin, printedName);
  await admin.button("Identity not checked yet: begin").click();
  await chooseIn(admin, "By", /official document/);
  await admin.fill("Evidence", "passport, seen with its holder");
  await admin.button("Put a check on record").click();
  await admin.see("They can sign from now on");
}
