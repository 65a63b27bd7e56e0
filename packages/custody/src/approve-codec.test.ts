import { expect, test } from "vitest";
import { parseApproveAnswer, parseApproveCall } from "./approve-codec.ts";
import type { ApproveRequest } from "./model.ts";

const PERSON = "per_0123456789abcdefghjkmnpqrs";
const SECRET = "s".repeat(43);
const DIGEST = "0".repeat(64);
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const calls: readonly ApproveRequest[] = [
  { kind: "founding" },
  { kind: "founding", secret: SECRET },
  { kind: "enrol", person: PERSON, attestation: null, basis: { kind: "founding", secret: SECRET } },
  { kind: "enrol", person: PERSON, attestation: "AAAA", basis: { kind: "own", response: "{}" } },
  { kind: "enrol", person: PERSON, attestation: "AAAA", basis: { kind: "own", response: null } },
  { kind: "enrol", person: PERSON, attestation: "AAAA", basis: { kind: "invitation", approval: DIGEST } },
  { kind: "enrol", person: PERSON, attestation: "AAAA", basis: { kind: "recovery", approval: null } },
  { kind: "approve", statement: "{}", person: PERSON, response: "{}" },
  { kind: "forget", person: PERSON, credentialIds: ["A".repeat(43)], approval: null },
];

test.each(calls)("a call is read back as it was said: %j", (call) => {
  expect(parseApproveCall(bytes(call))).toEqual(call);
});

test.each(calls)("a call with a member that its kind doesn't know, or without one that it needs, is refused: %j", (call) => {
  expect(() => parseApproveCall(bytes({ ...call, more: 1 }))).toThrow();
  for (const member of Object.keys(call).filter((name) => name !== "secret")) expect(() => parseApproveCall(bytes({ ...call, [member]: undefined })), member).toThrow();
  if ("basis" in call)
    for (const member of Object.keys(call.basis)) expect(() => parseApproveCall(bytes({ ...call, basis: { ...call.basis, [member]: undefined } })), member).toThrow();
});

test.each([
  {},
  null,
  [],
  { kind: "other" },
  { kind: "founding", secret: "short" },
  { kind: "founding", person: PERSON },
  { kind: "enrol", person: "ada", attestation: null, basis: { kind: "founding", secret: SECRET } },
])("what is none of its calls is refused: %j", (value) => {
  expect(() => parseApproveCall(bytes(value))).toThrow();
});

test("an answer is read as its call's, and no other form is taken for one", () => {
  const used = { person: PERSON, credentialId: null };
  expect(parseApproveAnswer("founding", bytes({ foundersLeft: 2, founder: 1, used: null }))).toEqual({ foundersLeft: 2, founder: 1, used: null });
  expect(parseApproveAnswer("founding", bytes({ foundersLeft: 1, founder: null, used }))).toEqual({ foundersLeft: 1, founder: null, used });
  expect(parseApproveAnswer("enrol", bytes({ foundersLeft: 0, credentialId: null, standing: "attested" }))).toEqual({ foundersLeft: 0, credentialId: null, standing: "attested" });
  expect(parseApproveAnswer("approve", bytes({ note: "x\n" }))).toEqual({ note: "x\n" });
  expect(parseApproveAnswer("forget", bytes({ forgotten: 3 }))).toEqual({ forgotten: 3 });
  for (const wrong of [
    { foundersLeft: 3, founder: 1, used: null },
    { foundersLeft: 1, founder: 3, used: null },
    { foundersLeft: 1, founder: 1 },
  ])
    expect(() => parseApproveAnswer("founding", bytes(wrong))).toThrow();
  expect(() => parseApproveAnswer("enrol", bytes({ foundersLeft: 0, credentialId: null, standing: "trusted" }))).toThrow();
});
