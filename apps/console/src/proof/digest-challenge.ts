/** Lower-case hex of SHA-256 over these bytes. */
async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const bytesOfBase64url = (text: string) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const base64urlOf = (bytes: Uint8Array) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
const bytesOfHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** What a passkey signs to add another one: `sallyport/enrol/v1`, the person, and the digest of the new one's attestation object. */
export async function enrolmentDigest(personId: string, attestation: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`sallyport/enrol/v1\n${personId}\n${await sha256Hex(bytesOfBase64url(attestation))}\n`));
}

/** Options for an assertion over this digest by any passkey of this console's host that the person has at hand. */
export const optionsOver = (digest: string, rpId: string): string =>
  JSON.stringify({ challenge: base64urlOf(bytesOfHex(digest)), rpId, userVerification: "required", timeout: 120_000 });

/** What a passkey signs to link the identity that an external provider answers with under this state. */
export async function linkDigest(personId: string, state: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`sallyport/link/v1\n${personId}\n${state}\n`));
}

/** What a passkey signs to open one subject in an emergency. */
export async function emergencyDigest(
  personId: string,
  { study, subject, cause, minutes, at }: Record<"study" | "subject" | "cause" | "at", string> & { readonly minutes: number },
): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`${["sallyport/emergency/v1", personId, study, subject, cause, minutes, at].join("\n")}\n`));
}

/** What a passkey signs to take one step of a ring of keys. */
export async function ringStepDigest(personId: string, { ring, step, at }: { readonly ring: string; readonly step: string; readonly at: number }): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`${["sallyport/ring-step/v1", personId, ring, step, at].join("\n")}\n`));
}

/** What a passkey signs to remove one of its person's authenticators, or an identity that they have linked. */
export async function removalDigest(personId: string, authenticatorId: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`sallyport/remove/v1\n${personId}\n${authenticatorId}\n`));
}

/** What a passkey signs to change where its person is told of what is done in their name. */
export async function addressDigest(personId: string, address: string | null, at: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`sallyport/notices/v1\n${personId}\n${address ?? ""}\n${at}\n`));
}

/** What a passkey signs to revoke a signature of its person's. */
export async function revocationDigest(personId: string, signatureId: string): Promise<string> {
  return await sha256Hex(new TextEncoder().encode(`sallyport/revoke/v1\n${personId}\n${signatureId}\n`));
}
