import { readFileSync } from "node:fs";
import type { Locator } from "playwright-core";
import { expect } from "vitest";
import type { ConsolePerson } from "./console-person.ts";

/** Opens a list of crossings, and waits for its first row. */
export async function listCrossings(person: ConsolePerson, path: string): Promise<void> {
  await person.goto(path);
  await person.page.locator("a.crossing-link").first().waitFor();
}

/** The references of the records that a list of crossings shows, newest first. */
export const shownRecords = async ({ page }: ConsolePerson): Promise<readonly string[]> =>
  await page.locator("a.crossing-link").evaluateAll((links) => links.map((link) => new URL((link as HTMLAnchorElement).href).searchParams.get("record") ?? ""));

/** Five lamps in order, of which the named one is where it ended. */
export async function expectTrace(within: Locator, shut: string): Promise<void> {
  await within.locator(".trace-lamp").first().waitFor();
  expect(await within.locator(".trace-name").allInnerTexts()).toEqual(["Workload", "Principal", "Policy", "PHI", "Trail"]);
  expect(await within.locator(".trace-shut .trace-name").innerText()).toBe(shut);
}

/** The lines of the file that the browser saves when a list is exported. */
export async function exportedLines(person: ConsolePerson, path: string, format: "CSV" | "JSONL"): Promise<readonly string[]> {
  await listCrossings(person, path);
  await person.page.getByRole("button", { name: "Export", exact: true }).click();
  const dialog = person.page.getByRole("dialog");
  await dialog.getByRole("radio", { name: format, exact: true }).click();
  const download = person.page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(new RegExp(`^crossings-\\d{8}T\\d{6}Z\\.${format.toLowerCase()}$`));
  return readFileSync(await file.path(), "utf8")
    .trimEnd()
    .split("\n");
}
