/** As the api takes it: lower-case letters, digits and hyphens. */
export const SERVICE_NAME = /^[a-z][a-z0-9-]{1,37}$/;

/** A one-time code, and its public half, which is all that leaves this page (docs/spec/custody-v1.md, section 8). */
export interface MadeCode {
  readonly code: string;
  readonly codeKey: string;
}

const bytesOf = (base64url: string): Uint8Array => Uint8Array.from(atob(base64url.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const base64urlOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Makes a code for a service in this browser. Nobody else ever has it: who holds it proves so by signing with it. */
export async function makeServiceCode(service: string): Promise<MadeCode> {
  const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { d = "", x = "", y = "" } = await crypto.subtle.exportKey("jwk", privateKey);
  const isOdd = ((bytesOf(y).at(-1) ?? 0) & 1) === 1;
  return { code: `svc1.${service}.${d}`, codeKey: base64urlOf(Uint8Array.from([isOdd ? 3 : 2, ...bytesOf(x)])) };
}

/** What is typed on the service's own machine: the code into a file of its user alone, and the enrolment with it. */
export function enrolCommands(service: string, origin: string): readonly string[] {
  const { hostname } = new URL(origin);
  const api = hostname === "localhost" ? "" : ` --api https://${hostname}:3001`;
  return [`umask 077 && cat > ${service}.code`, `npm run -s sallyport -- enrol --code-file ${service}.code --console ${origin}${api}`];
}
