import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readMigrations } from "./migration-files.ts";

const released = JSON.parse(readFileSync(new URL("../vectors/migrations.json", import.meta.url), "utf8")) as Readonly<Record<string, string>>;

test("a migration reads as it did when it was released: a deployment that has applied it starts with no other", () => {
  expect(Object.fromEntries(readMigrations().map(({ name, sha256 }) => [name, sha256]))).toEqual(released);
});
