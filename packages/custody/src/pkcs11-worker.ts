import { randomBytes } from "node:crypto";
import { parentPort, workerData } from "node:worker_threads";
import type { Pkcs11Answer, Pkcs11Call, Pkcs11Place } from "./pkcs11-root.ts";

// In a thread of its own: the calls of PKCS #11 block, and a token that hangs must not hang the custodian. A compiled addon, there only where somebody built it.
const pkcs11 = await import("pkcs11js").then(
  (found) => found.default,
  () => null,
);
const { module, token, key: label } = workerData as Pkcs11Place;

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
/** PKCS #11 v2.40, section 2.1: what a wrong PIN is answered with. Asking again with the same one would lock the token. */
const PIN_REFUSED = new Set([0xa0, 0xa1, 0xa2, 0xa3, 0xa4]);
/** What means that the bytes are none of this key's: encrypted data invalid, or of another length; and what SoftHSM says instead. */
const NOT_OURS = new Set([0x40, 0x41, 0x20, 0x21, 0x05]);
const ALREADY_INITIALIZED = 0x191;
const ALREADY_LOGGED_IN = 0x100;

/** The library's own codes; null for what failed otherwise. */
const codeOf = (error: unknown): number | null => {
  const code = (error as { readonly code?: unknown }).code;
  return typeof code === "number" ? code : null;
};

type Library = InstanceType<NonNullable<typeof pkcs11>["PKCS11"]>;
let library: Library | null = null;
let refusedPin: string | null = null;

/** A failure with the reason that is told; nothing else of it leaves this thread. */
class Refusal extends Error {
  readonly kind: Extract<Pkcs11Answer, { readonly failed: unknown }>["failed"];
  constructor(kind: Refusal["kind"], why: string) {
    super(why);
    this.kind = kind;
  }
}

function opened(): Library {
  if (pkcs11 === null) throw new Refusal("addon", "the addon pkcs11js is not built on this machine");
  if (library !== null) return library;
  const fresh = new pkcs11.PKCS11();
  try {
    fresh.load(module);
  } catch {
    throw new Refusal("module", "the library can't be loaded");
  }
  try {
    fresh.C_Initialize({ flags: pkcs11.CKF_OS_LOCKING_OK });
  } catch (error) {
    // Another thread of this process did it.
    if (codeOf(error) !== ALREADY_INITIALIZED) throw error;
  }
  library = fresh;
  return fresh;
}

function slotOf(lib: Library): Buffer {
  // Labels come padded, by blanks or by zeros.
  const slot = lib.C_GetSlotList(true).find((each) => lib.C_GetTokenInfo(each).label.replace(/[\0 ]+$/, "") === token);
  if (slot === undefined) throw new Refusal("away", "there is no such token");
  return slot;
}

function logIn(lib: Library, session: Buffer, pin: string): void {
  if (pin === refusedPin) throw new Refusal("away", "the token refused this PIN, and is not asked again with it");
  try {
    lib.C_Login(session, pkcs11?.CKU_USER ?? 1, pin);
  } catch (error) {
    const code = codeOf(error);
    if (code === ALREADY_LOGGED_IN) return;
    if (code === null || !PIN_REFUSED.has(code)) throw error;
    refusedPin = pin;
    throw new Refusal("away", "the token refused the PIN");
  }
}

type Constants = NonNullable<typeof pkcs11>;

function keyOf(lib: Library, session: Buffer, k: Constants): Buffer | null {
  lib.C_FindObjectsInit(session, [
    { type: k.CKA_CLASS, value: k.CKO_SECRET_KEY },
    { type: k.CKA_KEY_TYPE, value: k.CKK_AES },
    { type: k.CKA_LABEL, value: label },
  ]);
  const found = lib.C_FindObjects(session, 2);
  lib.C_FindObjectsFinal(session);
  if (found.length > 1) throw new Refusal("key", "two keys have this label");
  const [handle] = found;
  if (handle === undefined) return null;
  const [sensitive, extractable, length] = lib
    .C_GetAttributeValue(session, handle, [{ type: k.CKA_SENSITIVE }, { type: k.CKA_EXTRACTABLE }, { type: k.CKA_VALUE_LEN }])
    .map(({ value }) => value as Buffer);
  // A key that could leave the token would make of the token a file.
  if (sensitive?.[0] !== 1 || extractable?.[0] !== 0) throw new Refusal("key", "this key may leave its token");
  if (length?.readUInt32LE(0) !== KEY_BYTES) throw new Refusal("key", "this key is not one of 256 bits");
  return handle;
}

function make(lib: Library, session: Buffer, k: Constants): void {
  const yes = [k.CKA_TOKEN, k.CKA_PRIVATE, k.CKA_SENSITIVE, k.CKA_ENCRYPT, k.CKA_DECRYPT];
  const no = [k.CKA_EXTRACTABLE, k.CKA_MODIFIABLE, k.CKA_WRAP, k.CKA_UNWRAP];
  lib.C_GenerateKey(session, { mechanism: k.CKM_AES_KEY_GEN }, [
    { type: k.CKA_CLASS, value: k.CKO_SECRET_KEY },
    { type: k.CKA_KEY_TYPE, value: k.CKK_AES },
    { type: k.CKA_LABEL, value: label },
    { type: k.CKA_VALUE_LEN, value: KEY_BYTES },
    ...yes.map((type) => ({ type, value: true })),
    ...no.map((type) => ({ type, value: false })),
  ]);
}

function act(lib: Library, session: Buffer, k: Constants, { op, bytes, aad }: Pkcs11Call): Buffer {
  const handle = keyOf(lib, session, k);
  if (op === "prepare") {
    if (handle === null) make(lib, session, k);
    return Buffer.alloc(0);
  }
  if (handle === null) throw new Refusal("away", "the token has no such key");
  const mechanism = (iv: Buffer) => ({
    mechanism: k.CKM_AES_GCM,
    parameter: { type: k.CK_PARAMS_AES_GCM, iv, ivBits: NONCE_BYTES * 8, aad: Buffer.from(aad), tagBits: TAG_BYTES * 8 },
  });
  if (op === "wrap") {
    const nonce = randomBytes(NONCE_BYTES);
    lib.C_EncryptInit(session, mechanism(nonce), handle);
    return Buffer.concat([nonce, lib.C_Encrypt(session, Buffer.from(bytes), Buffer.alloc(bytes.length + TAG_BYTES))]);
  }
  const sealed = Buffer.from(bytes);
  if (sealed.length <= NONCE_BYTES + TAG_BYTES) throw new Refusal("foreign", "");
  lib.C_DecryptInit(session, mechanism(sealed.subarray(0, NONCE_BYTES)), handle);
  try {
    return lib.C_Decrypt(session, sealed.subarray(NONCE_BYTES), Buffer.alloc(sealed.length));
  } catch (error) {
    if (NOT_OURS.has(codeOf(error) ?? -1)) throw new Refusal("foreign", "");
    throw error;
  }
}

function answerTo(call: Pkcs11Call): Pkcs11Answer {
  const { id, pin } = call;
  // Who asked has given up by now.
  if (Date.now() > call.untilMs) return { id, failed: "away", why: "too late" };
  try {
    const lib = opened();
    if (pkcs11 === null) throw new Refusal("addon", "");
    // A session for each call: a token that was taken away is noticed at once, and one that is back works.
    const session = lib.C_OpenSession(slotOf(lib), pkcs11.CKF_SERIAL_SESSION | (call.op === "prepare" ? pkcs11.CKF_RW_SESSION : 0));
    try {
      logIn(lib, session, pin);
      return { id, bytes: act(lib, session, pkcs11, call) };
    } finally {
      lib.C_CloseSession(session);
    }
  } catch (error) {
    if (error instanceof Refusal) return { id, failed: error.kind, why: error.message };
    return { id, failed: "away", why: `the token answered ${codeOf(error)?.toString(16) ?? "nothing"}` };
  }
}

parentPort?.on("message", (call: Pkcs11Call) => parentPort?.postMessage(answerTo(call)));
