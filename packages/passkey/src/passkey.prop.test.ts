import { codeOf } from "@sallyport/errors";
import fc from "fast-check";
import { expect, test } from "vitest";
import { claimedAssertion, readAttestation, relyingParty, verifyAssertion, verifyRegistration } from "./index.ts";

const party = relyingParty("http://localhost:3000");
const passkey = { credentialId: "A".repeat(43), publicKey: "AAAA", counter: 0 };
const challenge = new Uint8Array(32);

const base64url = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString("base64url"));
const member = fc.oneof(base64url, fc.string(), fc.jsonValue());
/** From any text to something that is nearly a response. */
const text = fc.oneof(
  fc.string(),
  fc.json(),
  fc
    .record({ clientDataJSON: member, authenticatorData: member, attestationObject: member, signature: member, userHandle: member, transports: fc.jsonValue() })
    .map((response) => JSON.stringify({ id: passkey.credentialId, rawId: passkey.credentialId, type: "public-key", response })),
);

test("whatever a browser sends, the answer is the refusal that was asked for", async () => {
  await fc.assert(
    fc.asyncProperty(text, async (response) => {
      expect(await verifyRegistration({ party, challenge }, response).catch(codeOf)).toBe("enrolment.refused");
      expect(await verifyAssertion({ party, challenge, passkey, code: "stepup.failed" }, response).catch(codeOf)).toBe("stepup.failed");
    }),
    { numRuns: 500 },
  );
});

test("whatever stands for an attestation or an assertion, reading it ends in a refusal or in what it says", () => {
  fc.assert(
    fc.property(base64url, text, (attestation, response) => {
      expect(() => readAttestation(party, attestation)).toThrow(expect.objectContaining({ code: "enrolment.refused" }) as Error);
      try {
        expect(claimedAssertion(response, "signin.failed").credentialId).toBe(passkey.credentialId);
      } catch (error) {
        expect(codeOf(error)).toBe("signin.failed");
      }
    }),
    { numRuns: 500 },
  );
});
