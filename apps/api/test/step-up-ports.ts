import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Ports } from "./lax-ports.ts";

/** A proof as {@link provenByDigest} takes it: over this digest, by this person. */
export const proofOver = (digest: string, person: string) => ({ kind: "passkey" as const, response: JSON.stringify({ digest, person }) });

/** A password that is always right. */
export const PASSWORD_PROOF = { kind: "password" as const, password: "a few unrelated words", totp: "123456" };

/**
 * Steps up without authenticators, for tests of what an approval does with a proof: a passkey's response names the digest and the person that
 * it is of, and counts once. What a real one has to be is shown with real ones elsewhere.
 */
export function provenByDigest(forgotten: string[] = []): Ports {
  const used = new Set<string>();
  return (real) => ({
    ...real,
    stepUp: {
      attest: (person, proof, digest) => {
        const isOver = proof.kind === "password" || (proof.response === JSON.stringify({ digest, person }) && !used.has(proof.response));
        if (!isOver) return Promise.reject(new SallyportError("stepup.failed"));
        if (proof.kind === "passkey") used.add(proof.response);
        return Promise.resolve();
      },
      withOwn: () => Promise.reject(new SallyportError("stepup.failed")),
      sign: () => Promise.reject(new SallyportError("stepup.failed")),
      verify: (person, proof, statement) => {
        if (proof.kind === "password") return Promise.resolve({ proof: "server-attested", note: null });
        const isOver = proof.response === JSON.stringify({ digest: sha256Hex(statement), person });
        if (!isOver || used.has(proof.response)) return Promise.reject(new SallyportError("stepup.failed"));
        used.add(proof.response);
        return Promise.resolve({ proof: "passkey", note: `note over ${sha256Hex(statement)}\nfounding proven\n` });
      },
    },
    credentials: {
      ...real.credentials,
      forget: (_person, ids) => {
        forgotten.push(...ids);
        return Promise.resolve();
      },
    },
    passkeys: { ...real.passkeys, assertionOptions: (challenge, allow) => Promise.resolve(JSON.stringify({ challenge: challenge.toString("base64url"), allow })) },
  });
}
