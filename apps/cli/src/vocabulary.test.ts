import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { vocabulary } from "./vocabulary.ts";

const ROOT = new URL("../../../", import.meta.url);
/** What a folder's sources put on record by a name of their own. */
const wordsOf = (folder: string, said: RegExp): readonly string[] =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.includes(".test."))
    .flatMap((path) => [...readFileSync(new URL(`${folder}/${path}`, ROOT), "utf8").matchAll(said)].map(([, word = ""]) => word));

test("every word that the custodian and the api's own rounds put on record is in the dictionary of an export", () => {
  const words = new Set([
    ...wordsOf("packages/custody/src", /\brecord\("([a-z_]+\.[a-z_]+)"/g),
    ...wordsOf("apps/custodian/src", /\brecord\("([a-z_]+\.[a-z_]+)"/g),
    ...wordsOf("apps/api/src", /\baction: "([a-z_]+\.[a-z_]+)"/g),
  ]);
  expect(words).toContain("keys.escrowed");
  expect(words).toContain("token.mint");
  expect([...words].filter((word) => !(word in vocabulary.actions))).toEqual([]);
});
