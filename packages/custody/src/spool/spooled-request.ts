import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { Decrypter, Encrypter } from "age-encryption";

/** What the book has of one request that was taken: who sent it, and the file that holds it. No content. */
export interface Taken {
  /** `spl_…`. */
  readonly receipt: string;
  /** Its place in this spool, from 1, without a gap. */
  readonly n: number;
  /** SPIFFE ID of the caller, and the thumbprint of the certificate that it called with (RFC 8705 §3.1). */
  readonly workload: string;
  readonly x5t: string;
  /** Of the token that it bore: the principal, the scope, the token's id, and when it was minted. */
  readonly principal: string;
  readonly scope: string;
  readonly jti: string;
  readonly iatS: number;
  readonly procedure: string;
  readonly idempotencyKey: string;
  /** Milliseconds since the epoch. */
  readonly takenMs: number;
  /** SHA-256 of the request's input under the book's key, hex: for a repeated request; it tells nothing to who lacks the key. */
  readonly inputMac: string;
  /** Of the sealed file: its length, and its SHA-256 in hex. */
  readonly bytes: number;
  readonly sha256: string;
}

/** What a file says of itself, inside the seal: the book has the same. */
export type SpooledHead = Omit<Taken, "bytes" | "sha256">;

/** A request as it is sealed: its head, and the input's JSON text. */
export interface SpooledRequest {
  readonly head: SpooledHead;
  readonly input: string;
}

/** Port: asks the custodian for the file key behind an age header (base64url). @throws `phi.integrity`, `keys.unavailable`. */
export type UnwrapHeader = (header: string) => Promise<Uint8Array>;

const MAC_LINE = Buffer.from("\n--- ");

/** The head's members, in the one order in which they are written (docs/spec/spool-v1.md, section 3). */
function headOf({ receipt, n, workload, x5t, principal, scope, jti, iatS, procedure, idempotencyKey, takenMs, inputMac }: SpooledHead): SpooledHead {
  return { receipt, n, workload, x5t, principal, scope, jti, iatS, procedure, idempotencyKey, takenMs, inputMac };
}

/** The bytes that are sealed: one spelling of each request. */
export const requestBytes = ({ head, input }: SpooledRequest): Buffer => Buffer.from(JSON.stringify({ v: 1, ...headOf(head), input }), "utf8");

/** Seals a request to the spool's public key, in the age format: only the custodian can have it opened again. */
export async function sealRequest(recipient: string, request: SpooledRequest): Promise<Buffer> {
  const plain = requestBytes(request);
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return Buffer.from(await encrypter.encrypt(plain));
  } finally {
    plain.fill(0);
  }
}

/**
 * Opens what the book says stands here: the very bytes that were taken, and inside them the very head that the book has.
 *
 * @throws SallyportError `phi.integrity` where any of it is otherwise; what `unwrap` throws.
 */
export async function openRequest(taken: Taken, sealed: Buffer, unwrap: UnwrapHeader): Promise<SpooledRequest> {
  if (sealed.length !== taken.bytes || sha256Hex(sealed) !== taken.sha256) throw new SallyportError("phi.integrity", { spooled: taken.receipt });
  const at = sealed.indexOf(MAC_LINE);
  const end = at < 0 ? -1 : sealed.indexOf("\n", at + MAC_LINE.length);
  if (end < 0) throw new SallyportError("phi.integrity", { spooled: taken.receipt });
  const fileKey = await unwrap(sealed.subarray(0, end + 1).toString("base64url"));
  let plain: Uint8Array = new Uint8Array();
  try {
    const decrypter = new Decrypter();
    decrypter.addIdentity({ unwrapFileKey: () => fileKey });
    plain = await decrypter.decrypt(sealed);
    const { v, input, ...head } = JSON.parse(Buffer.from(plain).toString("utf8")) as SpooledHead & { readonly v: number; readonly input: string };
    const request = { head: headOf(head), input };
    const isTheBooks = v === 1 && requestBytes(request).equals(plain) && requestBytes({ head: headOf(taken), input }).equals(plain);
    if (!isTheBooks) throw new SallyportError("phi.integrity", { spooled: taken.receipt });
    return request;
  } catch (error) {
    throw error instanceof SallyportError ? error : new SallyportError("phi.integrity", { spooled: taken.receipt }, error);
  } finally {
    plain.fill(0);
    fileKey.fill(0);
  }
}
