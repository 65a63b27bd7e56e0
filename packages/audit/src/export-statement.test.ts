import { expect, test } from "vitest";
import { checkpointPair } from "./testing/memory-bundle.ts";
import { type ExportStatement, parseStatement, statementText, vkeyOf, ZERO_MAC } from "./index.ts";

const generation = { generation: 1, auditKey: "audit-1", size: 0, root: ZERO_MAC, head: ZERO_MAC, checkpoints: 1, checkpointsSha256: ZERO_MAC };
const statement: ExportStatement = {
  v: 1,
  deployment: "dabcdefghijkl",
  chain: "system",
  generations: [generation],
  keys: [vkeyOf("dabcdefghijkl.sallyport", checkpointPair("ours").raw)],
  exportedAt: "2026-01-02T04:00:00.000Z",
  requestedBy: "svc_auditor",
  requestId: "req_1",
};
const invalid = expect.objectContaining({ code: "note.invalid" }) as Error;

test("a statement is read as it was spelled", () => {
  expect(parseStatement(statementText(statement))).toEqual(statement);
  expect(statementText(statement).split("\n")[0]).toBe("sallyport-export-v1");
});

test.each([
  ["a gap between generations", { generations: [generation, { ...generation, generation: 3 }] }],
  ["no generation", { generations: [] }],
  ["no key", { keys: [] }],
  ["a key that is none", { keys: ["x"] }],
  ["a member of somebody else's", { extra: "1" }],
  ["a root that is none", { generations: [{ ...generation, root: "00" }] }],
  ["a negative size", { generations: [{ ...generation, size: -1 }] }],
  ["another version", { v: 2 }],
  ["a chain that is none", { chain: "all" }],
  ["a newline", { requestId: "a\nb" }],
  ["a time without milliseconds", { exportedAt: "2026-01-02T04:00:00Z" }],
])("a statement with %s is refused", (_, values) => {
  expect(() => statementText({ ...statement, ...values } as ExportStatement)).toThrow(invalid);
});

test.each([
  ["another title", (text: string) => text.replace("v1", "v2")],
  ["white space", (text: string) => text.replace(",", ", ")],
  ["another order", (text: string) => text.replace('{"chain":"system",', "{").replace(/}\n$/, ',"chain":"system"}\n')],
  ["a line behind", (text: string) => `${text}x\n`],
  ["no JSON", (text: string) => text.replace("{", "")],
])("a text with %s is refused", (_, change) => {
  expect(change(statementText(statement))).not.toBe(statementText(statement));
  expect(() => parseStatement(change(statementText(statement)))).toThrow(invalid);
});
