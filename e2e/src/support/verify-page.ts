import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** Has the page check an export, the bundle in a folder or the file of an excerpt, by the fingerprint that is given, or by none. */
export async function checkExport(page: Page, path: string, fingerprint: string): Promise<void> {
  const another = page.getByRole("button", { name: "Check another" });
  if ((await another.count()) > 0) await another.click();
  await page.getByLabel("The key's fingerprint").fill(fingerprint);
  await page.getByLabel(/\.(?:excerpt\.jsonl|receipt\.json|tlog-proof)$/.test(path) ? "Choose an excerpt, a receipt or a proof" : "Choose the folder").setInputFiles(path);
  await page.locator(".verdict-head").first().waitFor();
}

/** A copy of a bundle in which one record says something else. */
export function withAlteredRecord(bundle: string, copy: string, seq: number): string {
  cpSync(bundle, copy, { recursive: true });
  const file = join(copy, "generation-1.jsonl");
  const lines = readFileSync(file, "utf8").split("\n");
  lines[seq - 1] = (lines[seq - 1] ?? "").replace(/"role":"[^"]*"/, '"role":"another"');
  writeFileSync(file, lines.join("\n"));
  return copy;
}
