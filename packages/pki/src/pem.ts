/** The labels that are written and read here; Node's `crl` option takes no other label for a revocation list. */
export type PemLabel = "CERTIFICATE" | "CERTIFICATE REQUEST" | "X509 CRL";

/** Writes DER as PEM (RFC 7468 §2): 64 characters a line, closed by a line feed. */
export function toPem(label: PemLabel, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** Every block of the label in the text, in order; none is an empty list. */
export function fromPem(label: PemLabel, text: string): Buffer[] {
  const block = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]+)-----END ${label}-----`, "g");
  return [...text.matchAll(block)].map((match) => Buffer.from(match[1] ?? "", "base64"));
}
