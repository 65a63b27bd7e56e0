import { SallyportError } from "@sallyport/errors";
import { decodeBase64url } from "./base64url.ts";
import { isKeyId } from "./data-key.ts";

/** How sealed bytes are written as text, with the version of the form and the id of the key in front. */
export interface SealedForm {
  /** @throws RangeError for a key id that can't be written. */
  write(keyId: string, joined: Buffer): string;
  /** The sealed bytes where the text has this form and names this key; otherwise null. */
  read(keyId: string, sealed: string): Buffer | null;
  /** The id of the key that the text names. @throws SallyportError `phi.integrity` for another form. */
  keyIdOf(sealed: string): string;
}

/** The form `<version>.<key id>.<base64url>`. There is no other version to fall back to, so none to be talked down to. */
export const sealedForm = (version: string): SealedForm => ({
  write(keyId, joined) {
    if (!isKeyId(keyId)) throw new RangeError("a key's id is 1 to 64 letters, digits, `_` and `-`");
    return `${version}.${keyId}.${joined.toString("base64url")}`;
  },
  read(keyId, sealed) {
    const prefix = `${version}.${keyId}.`;
    return sealed.startsWith(prefix) ? decodeBase64url(sealed.slice(prefix.length)) : null;
  },
  keyIdOf(sealed) {
    const [first, keyId, body, ...rest] = sealed.split(".", 4);
    if (first !== version || keyId === undefined || !isKeyId(keyId) || body === undefined || rest.length > 0) throw new SallyportError("phi.integrity");
    return keyId;
  },
});
