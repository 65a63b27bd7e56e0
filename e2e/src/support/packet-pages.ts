import type { Locator, Page } from "playwright-core";
import type { ConsolePerson } from "./console-person.ts";

/** A file as a person has it on their machine. */
export interface OwnFile {
  readonly name: string;
  readonly text: string | Buffer;
  /** What a document is and where it belongs, in the page's words. */
  readonly document?: { readonly type: string; readonly place: string };
}

const chosen = ({ name, text }: OwnFile) => ({ name, mimeType: "application/octet-stream", buffer: Buffer.from(text as string) });

/** Chooses files and sends them; answers while they are under way. */
export async function sendFiles(person: ConsolePerson, files: readonly OwnFile[]): Promise<void> {
  await person.goto("/packets/upload");
  await person.page.locator(".drop .file-input").setInputFiles(files.map(chosen));
  for (const [at, { document }] of files.entries()) if (document !== undefined) await chooseDocument(person, at + 1, document);
  await person.button("Send into quarantine").click();
}

/** Drags files of this machine to the middle of something and lets go there, as the browser has it from the desktop. */
export async function dropFiles(page: Page, files: readonly string[], at: Locator): Promise<void> {
  const box = await at.boundingBox();
  if (box === null) throw new Error("there is nothing to drop files at");
  // It stays: with a session that is detached, Chromium takes the person's authenticator away.
  const devtools = await page.context().newCDPSession(page);
  const where = { x: box.x + box.width / 2, y: box.y + box.height / 2, data: { items: [], files: [...files], dragOperationsMask: 1 } };
  for (const type of ["dragEnter", "dragOver", "drop"] as const) await devtools.send("Input.dispatchDragEvent", { type, ...where });
}

/** Says what a chosen file is and where it belongs. */
export async function chooseDocument({ page }: ConsolePerson, n: number, { type, place }: NonNullable<OwnFile["document"]>): Promise<void> {
  await page.getByLabel(`What file ${n} is`).selectOption({ label: type });
  await page.getByLabel(`Where file ${n} belongs`).selectOption({ label: place });
}

/** Chooses the files of the one upload that isn't finished yet. */
export const goOnWith = async (person: ConsolePerson, files: readonly OwnFile[]): Promise<void> =>
  await person.page.locator(".unfinished-acts .file-input").setInputFiles(files.map(chosen));

/** Waits until the upload that is shown came to this end. */
export const ended = async ({ page }: ConsolePerson, phase: "In quarantine" | "Not taken" | "Cancelled"): Promise<void> =>
  await page.locator(".sending-phase").filter({ hasText: phase }).waitFor({ timeout: 60_000 });

/** Brings a packet in; answers its id. */
export async function bringIn(person: ConsolePerson, files: readonly OwnFile[]): Promise<string> {
  await sendFiles(person, files);
  await ended(person, "In quarantine");
  return await person.page.locator(".sending code").first().innerText();
}

/** Opens the packet that waits longest in the inbox's first place, and waits until it was read. */
export async function openWaiting(person: ConsolePerson, name: string): Promise<void> {
  await person.goto("/packets");
  await person.page.locator("tr").filter({ hasText: "waits for you" }).locator(".packet-name").filter({ hasText: name }).first().click();
  await person.heading("What a release would do now");
}

/** Releases or rejects the packet that is open. */
export async function decide(person: ConsolePerson, verdict: "Release" | "Reject", reason: string): Promise<void> {
  await person.page.locator(".effect-acts").getByRole("button", { name: verdict }).click();
  const dialog = person.page.getByRole("dialog");
  await dialog.getByLabel("Reason", { exact: true }).fill(reason);
  await dialog.getByRole("button", { name: `${verdict} it` }).click();
  await dialog.waitFor({ state: "detached" });
}
