import { expect, test } from "vitest";
import { bundlesOf, chosenByInput } from "./chosen-bundles.ts";

const chosen = (...paths: readonly string[]) => paths.map((path) => ({ path, file: new File([], path.slice(path.lastIndexOf("/") + 1)) }));
const shown = (...paths: readonly string[]) => bundlesOf(chosen(...paths)).map(({ path, files }) => [path, ...files.map(({ name }) => name)]);

test("each folder that has what makes a bundle is one, in the order of their names; others are left alone", () => {
  expect(shown("all/b/keys.json", "all/b/statement.note", "all/notes.txt", "all/a/manifest.json")).toEqual([
    ["all/a", "manifest.json"],
    ["all/b", "keys.json", "statement.note"],
  ]);
});

test("a receipt is one of its own, wherever it lies", () => {
  expect(shown("all/a/manifest.json", "all/sig_1.receipt.json")).toEqual([
    ["all/a", "manifest.json"],
    ["all/sig_1.receipt.json", "sig_1.receipt.json"],
  ]);
});

test("an excerpt is an export of its own, wherever it lies", () => {
  expect(shown("all/a/manifest.json", "all/one.excerpt.jsonl", "two.excerpt.jsonl")).toEqual([
    ["all/a", "manifest.json"],
    ["all/one.excerpt.jsonl", "one.excerpt.jsonl"],
    ["two.excerpt.jsonl", "two.excerpt.jsonl"],
  ]);
});

test("a record's proof is one of its own, wherever it lies", () => {
  expect(shown("all/a/manifest.json", "all/one.tlog-proof")).toEqual([
    ["all/a", "manifest.json"],
    ["all/one.tlog-proof", "one.tlog-proof"],
  ]);
});

test("where there is none, the first folder is, so that a verdict says what it is not", () => {
  expect(shown("letters/one.txt", "letters/two.txt")).toEqual([["letters", "one.txt", "two.txt"]]);
  expect(shown("one.txt")).toEqual([["", "one.txt"]]);
  expect(shown()).toEqual([]);
});

test("a file that was chosen without its folder has its name for a path", () => {
  expect(chosenByInput([new File([], "keys.json")]).map(({ path }) => path)).toEqual(["keys.json"]);
});
