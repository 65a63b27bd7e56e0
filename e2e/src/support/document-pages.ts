import { join } from "node:path";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Locator } from "playwright-core";
import type { ConsolePerson } from "./console-person.ts";
import { until } from "./until.ts";

const appears = async (locator: Locator): Promise<boolean> =>
  await locator.waitFor({ timeout: 3000 }).then(
    () => true,
    () => false,
  );

/** Opens the newest sequence, or the one at this address, and what is in it, once it may be signed; answers its address. */
export async function openSequence(person: ConsolePerson, path = "/documents"): Promise<string> {
  const { page } = person;
  // A role that was just given is in a session's token when it is renewed.
  await until(
    async () => {
      await person.goto(path);
      if (path === "/documents") {
        if (!(await appears(page.locator(".document-link").first()))) return false;
        await page.locator(".document-link").first().click();
        await page.waitForURL(/\/documents\/sequences\/doc_/);
      }
      await person.button("Open version 1").click();
      return await appears(person.button("Sign it"));
    },
    60_000,
    () => "no sequence could be signed",
  );
  return new URL(page.url()).pathname;
}

export const beginSigning = async (person: ConsolePerson): Promise<void> => {
  await person.button("Sign it").click();
  await person.page.getByRole("dialog").waitFor();
};

/** Chooses what the signature says, and proves it with the passkey. */
export async function proveSigning(person: ConsolePerson, meaning: string): Promise<void> {
  const dialog = person.page.getByRole("dialog");
  await dialog.getByRole("radio", { name: new RegExp(`^${meaning}`) }).check();
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("button", { name: "Sign with your passkey" }).click();
  await dialog.waitFor({ state: "detached" });
  await person.page.getByRole("table", { name: "Signatures" }).waitFor();
}

/** Takes a signature's receipt away; answers where it was saved. */
export async function receiptOf({ page }: ConsolePerson, printedName: string, meaning: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `Receipt of ${printedName}'s ${meaning}` }).click()]);
  const saved = join(mkdtempSync(join(tmpdir(), "sallyport-receipt-")), download.suggestedFilename());
  await download.saveAs(saved);
  return saved;
}
