import { existsSync, readFileSync } from "node:fs";
import { test } from "vitest";

const ROOT = new URL("../../../../shared/vectors/", import.meta.url);

/** A file of published vectors beside the repository (`../shared/vectors`), or null where they are not there. */
export function readVectors(path: string): Buffer | null {
  const file = new URL(path, ROOT);
  return existsSync(file) ? readFileSync(file) : null;
}

/**
 * Registers a test over published vectors. Where they are not beside the repository the test is reported as skipped,
 * with the reason in its name: absent evidence shows.
 */
export function vectorTest(title: string, paths: readonly string[], run: (...files: Buffer[]) => void | Promise<void>): void {
  const files = paths.map(readVectors);
  const present = files.filter((file) => file !== null);
  if (present.length === paths.length) test(title, () => run(...present));
  else test.skip(`${title} (skipped: no vectors in ../shared/vectors)`, () => undefined);
}
