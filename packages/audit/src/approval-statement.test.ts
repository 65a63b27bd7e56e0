import { canonicalJson, generateEd25519, sha256Hex } from "@sallyport/crypto";
import { codeOf } from "@sallyport/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type ApprovalNote, approvalNoteText, parseApprovalNote } from "./approval-note.ts";
import { approvalDigest, type ApprovalStatement, approvalStatement, enrolmentDigest, readApprovalStatement } from "./approval-statement.ts";
import { openNote, signNote, vkeyOf } from "./signed-note.ts";

const PERSON = "per_0123456789abcdefghjkmnpqrs";
const statement: ApprovalStatement = {
  v: 1,
  deployment: "dabcdefghijkl",
  kind: "person.invite",
  payload: { personId: PERSON, username: "ada", printedName: "Ada Łovelace", role: "auditor", fields: ["A", "B"], count: 2, isNew: true, site: null },
  effectDigest: "0".repeat(64),
  needed: 1,
  requestedByPerson: "per_abcdefghjkmnpqrstvwxyz0123",
  requestedAt: "2026-01-02T03:04:05.000Z",
  nonce: "AAAAAAAAAAAAAAAAAAAAAA",
  expiresAt: "2026-01-03T03:04:05.000Z",
};
const { v: _v, ...parts } = statement;

test("a statement is its canonical JSON and is read back from that very text", () => {
  const text = approvalStatement(parts);
  expect(text).toBe(canonicalJson(statement));
  expect(readApprovalStatement(text)).toEqual(statement);
  expect(approvalDigest(text)).toBe(sha256Hex(Buffer.from(text, "utf8")));
});

const longer = (by: number): string => new Date(Date.parse(statement.requestedAt) + by).toISOString();
test.each<[string, unknown]>([
  ["another version", { ...statement, v: 2 }],
  ["a member more", { ...statement, note: "x" }],
  ["a member less", { ...statement, nonce: undefined }],
  ["a deployment that isn't named so", { ...statement, deployment: "D/1" }],
  ["a kind that isn't named so", { ...statement, kind: "invite" }],
  ["nobody who asks", { ...statement, requestedByPerson: "prn_0123456789abcdefghjkmnpqrs" }],
  ["nobody needed", { ...statement, needed: 0 }],
  ["more needed than there may be", { ...statement, needed: 4 }],
  ["half a person needed", { ...statement, needed: 1.5 }],
  ["an end before its beginning", { ...statement, expiresAt: longer(-1) }],
  ["no end", { ...statement, expiresAt: longer(0) }],
  ["a life of more than thirty days", { ...statement, expiresAt: longer(2_592_000_001) }],
  ["a day that there isn't", { ...statement, requestedAt: "2026-02-30T00:00:00.000Z", expiresAt: "2026-03-03T00:00:00.000Z" }],
  ["a short nonce", { ...statement, nonce: "AAAA" }],
  ["an effect that isn't a digest", { ...statement, effectDigest: "0".repeat(63) }],
  ["a payload that nests", { ...statement, payload: { deep: { er: "x" } } }],
  ["a payload about something that is no person's id", { ...statement, payload: { personId: "ada" } }],
  ["more than it may hold", { ...statement, payload: { long: "x".repeat(17_000) } }],
])("a text with %s is no statement", (_name, value) => {
  expect(readApprovalStatement(JSON.stringify(canonicalOf(value)))).toBeNull();
});
const canonicalOf = (value: unknown): unknown => JSON.parse(canonicalJson(JSON.parse(JSON.stringify(value)))) as unknown;

test("what is no statement is never made into one", () => {
  expect(() => approvalStatement({ ...parts, needed: 0 })).toThrow(RangeError);
});

test("a statement has one spelling", () => {
  const text = approvalStatement(parts);
  for (const other of [
    ` ${text}`,
    `${text}\n`,
    text.replace('"v":1', '"v":1.0'),
    text.replace("Ł", "\\u0141"),
    text.replace('"needed":1', '"needed":2,"needed":1'),
    JSON.stringify(statement),
  ])
    expect(readApprovalStatement(other)).toBeNull();
});

test("no text whatever makes reading throw", () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => readApprovalStatement(text) === null));
});

test("approving and adding an authenticator, by whomever, never share a digest", () => {
  const digest = approvalDigest(approvalStatement(parts));
  const attestation = Buffer.from("attestation").toString("base64url");
  const all = [digest, enrolmentDigest(PERSON, attestation), enrolmentDigest(statement.requestedByPerson, attestation), enrolmentDigest(PERSON, "AAAA")];
  expect(new Set(all).size).toBe(all.length);
  expect(all.every((each) => /^[0-9a-f]{64}$/.test(each))).toBe(true);
});

const note: ApprovalNote = {
  deployment: "dabcdefghijkl",
  digest: "1".repeat(64),
  person: PERSON,
  credentialId: "A".repeat(43),
  basis: "founding",
  standing: "proven",
  at: "2026-01-02T03:04:05.000Z",
};

test("a note is signed, opened under the pinned key, and read back", () => {
  const { privateKey, raw } = generateEd25519();
  const signed = signNote(approvalNoteText(note), { name: "dabcdefghijkl.sallyport", privateKey });
  expect(parseApprovalNote(openNote(signed, vkeyOf("dabcdefghijkl.sallyport", raw)))).toEqual(note);
});

test.each(["sallyport/approval/v2", "", "x"])("a note's text that begins with %j is none of these", (title) => {
  const text = approvalNoteText(note).replace("sallyport/approval/v1", title);
  expect(() => parseApprovalNote(text)).toThrow(expect.objectContaining({ code: "note.invalid" }) as Error);
  expect(codeOf(new Error(title))).not.toBe("note.invalid");
});

test("a note with another line, or a line in another form, is refused", () => {
  const text = approvalNoteText(note);
  for (const other of [`${text}\n`, `${text}x\n`, text.replace("proven", "trusted"), text.replace("per_", "prn_"), text.slice(0, -1)])
    expect(() => parseApprovalNote(other)).toThrow(expect.objectContaining({ code: "note.invalid" }) as Error);
});
