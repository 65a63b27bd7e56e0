import { readFileSync } from "node:fs";
import { approvalDigest, enrolmentDigest, openNote, parseApprovalNote, readApprovalStatement } from "@sallyport/audit";
import { readAttestation, relyingParty, verifyAssertion } from "@sallyport/passkey";
import { expect, test } from "vitest";

interface Golden {
  readonly statement: string;
  readonly digest: string;
  readonly origin: string;
  readonly credential: { readonly person: string; readonly credentialId: string; readonly publicKey: string; readonly attestation: string; readonly enrolmentDigest: string };
  readonly response: string;
  readonly note: { readonly text: string; readonly signed: string; readonly vkey: string };
}
const golden = JSON.parse(readFileSync(new URL("../vectors/approval-v1.json", import.meta.url), "utf8")) as Golden;
const { statement, digest, origin, credential, response, note } = golden;
const party = relyingParty(origin);

test("the digests are of the texts that the specification gives", () => {
  expect(readApprovalStatement(statement)?.payload["printedName"]).toBe("Zoë Łuczak");
  expect(approvalDigest(statement)).toBe(digest);
  expect(enrolmentDigest(credential.person, credential.attestation)).toBe(credential.enrolmentDigest);
});

test("the passkey's assertion over the digest verifies under the credential that the attestation object holds", async () => {
  const { credentialId, publicKey } = credential;
  expect(readAttestation(party, credential.attestation)).toEqual({ credentialId, publicKey, counter: 0 });
  const expected = { party, challenge: Buffer.from(digest, "hex"), passkey: { credentialId, publicKey, counter: 0 }, code: "stepup.failed" } as const;
  expect(await verifyAssertion(expected, response)).toEqual({ counter: 1 });
});

test("the note opens under its key and says what was approved", () => {
  expect(openNote(note.signed, note.vkey)).toBe(note.text);
  expect(parseApprovalNote(note.text)).toEqual({
    deployment: "dabcdefghijkl",
    digest,
    person: credential.person,
    credentialId: credential.credentialId,
    basis: "founding",
    standing: "proven",
    at: "2026-01-02T04:00:00.000Z",
  });
});
