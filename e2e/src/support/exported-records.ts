import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type AuditRecord, parseLine } from "@sallyport/audit";
import { expect } from "vitest";
import type { Product } from "./product.ts";

/** Every record of a chain's first generation, from an export that verifies. */
export async function exportedRecords(product: Product, chain: string): Promise<readonly AuditRecord[]> {
  const folder = mkdtempSync(join(product.folder, "export-"));
  const { whole } = await product.json<{ whole: boolean }>(["--as", "auditor", "export", "--chain", chain, "--out", folder]);
  expect(whole).toBe(true);
  return readFileSync(join(folder, "generation-1.jsonl"), "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => parseLine(line).record);
}
