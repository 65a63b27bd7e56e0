import { randomBytes } from "node:crypto";
import { canonicalJson, equalHex, hmacHex, newId, secretKey } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { deriveFrom, type RootKey } from "./root-key.ts";

/** By what a deployment's root secret is kept. */
export const ROOT_PROVIDERS = ["file", "pkcs11", "vault-transit", "aws-kms"] as const;
export type RootProvider = (typeof ROOT_PROVIDERS)[number];

/** What a wrapping is bound to; each provider authenticates it with the bytes. Printable ASCII, no secret. */
export interface RootContext {
  readonly application: "sallyport";
  /** `root_…`, of the one root secret. */
  readonly root: string;
}

/**
 * Port: a key that lives elsewhere, under which a deployment's root secret is wrapped. What it does is bounded in time, and says nothing of a secret
 * when it fails.
 */
export interface RootWrapper {
  readonly provider: RootProvider;
  /** Which key, for people: a path, a label, a name, an ARN. */
  readonly keyName: string;
  /** Makes the key where there is none yet, if that is this provider's to do. Asked before the first wrapping alone. */
  prepare?(): Promise<void>;
  /** Answers printable ASCII. @throws `keys.unavailable` where the key can't be used now; `setting.invalid`, `secret.*` for a setting. */
  wrap(secret: Buffer, context: RootContext): Promise<string>;
  /** @throws as {@link RootWrapper.wrap}; `custodian.store` for what this key and context didn't wrap. */
  unwrap(wrapped: string, context: RootContext): Promise<Buffer>;
  close?(): void;
}

/** The first line of a store whose root secret is wrapped (docs/spec/custody-v1.md, section 5). */
export interface RootHeader {
  readonly id: string;
  readonly provider: RootProvider;
  readonly key: string;
  readonly wrapped: string;
  /** HMAC-SHA-256 under the root secret over the members before it, hex: a key service that answers with other bytes has not answered. */
  readonly check: string;
}

const SECRET_BYTES = 32;
/** How long what was opened is used without asking again. Taking the key away takes effect within it. */
const KEEP_MS = 5000;
const PRINTABLE = /^[\x20-\x7e]{1,4096}$/;

export const contextBytes = (context: RootContext): Buffer => Buffer.from(canonicalJson({ application: context.application, root: context.root }), "utf8");
const contextOf = (id: string): RootContext => ({ application: "sallyport", root: id });

const checkOf = (secret: Buffer, { id, provider, key, wrapped }: Omit<RootHeader, "check">): string =>
  hmacHex(secretKey(secret), `sallyport/root-check/v1\n${canonicalJson({ id, provider, key, wrapped })}`);

/** The header as its line has it, without a newline. */
export const headerLine = ({ id, provider, key, wrapped, check }: RootHeader): string => JSON.stringify({ root: { id, provider, key, wrapped, check } });

/** Reads a store's first line; null where the store begins with an entry, its root secret being the file `root.key` itself. @throws `custodian.store`. */
export function readHeader(line: string): RootHeader | null {
  if (!line.startsWith('{"root":')) return null;
  try {
    const { root } = JSON.parse(line) as { readonly root: RootHeader };
    const isSound = ROOT_PROVIDERS.includes(root.provider) && [root.id, root.key, root.wrapped, root.check].every((text) => typeof text === "string" && PRINTABLE.test(text));
    // One spelling, so that no byte of the line is without meaning.
    if (isSound && headerLine(root) === line) return root;
  } catch {
    // Said below.
  }
  throw new SallyportError("custodian.store", { why: "the line that names the root key is not as it was written" });
}

/**
 * A new root secret, wrapped; proven before it is used: it opens, and it doesn't where it is said to be another root's.
 *
 * @throws as {@link RootWrapper.wrap}; `setting.invalid` where the key doesn't bind what it wraps to its context.
 */
export async function newRoot(wrapper: RootWrapper): Promise<RootHeader> {
  await wrapper.prepare?.();
  const id = newId("root");
  const secret = randomBytes(SECRET_BYTES);
  try {
    const wrapped = await wrapper.wrap(secret, contextOf(id));
    if (!PRINTABLE.test(wrapped) || !PRINTABLE.test(wrapper.keyName)) throw new SallyportError("keys.unavailable", { why: "the answer is not in a form that can be kept" });
    const plain = { id, provider: wrapper.provider, key: wrapper.keyName, wrapped };
    const header = { ...plain, check: checkOf(secret, plain) };
    (await openRoot(header, wrapper)).fill(0);
    const elsewhere = await wrapper.unwrap(wrapped, contextOf(`${id}x`)).then(
      () => true,
      (error: unknown) => {
        if (error instanceof SallyportError && error.code === "custodian.store") return false;
        throw error;
      },
    );
    if (elsewhere)
      throw new SallyportError("setting.invalid", {
        setting: "SALLYPORT_ROOT_KEY",
        reason: `this key of ${wrapper.provider} opens what it wrapped in another context too`,
        remedy: "use a key that binds its context; docs/runbooks/root-key.md says how it is made",
      });
    return header;
  } finally {
    secret.fill(0);
  }
}

/** Returns only for the very secret that was wrapped. @throws `keys.unavailable`. */
export function assertSameRoot(secret: Buffer, header: RootHeader): void {
  if (secret.length === SECRET_BYTES && equalHex(checkOf(secret, header), header.check)) return;
  secret.fill(0);
  throw new SallyportError("keys.unavailable", { why: "another secret came back than was wrapped" });
}

/** The root secret. @throws as {@link RootWrapper.unwrap}; `keys.unavailable` where other bytes came back than were wrapped. */
export async function openRoot(header: RootHeader, wrapper: RootWrapper, prove: typeof assertSameRoot = assertSameRoot): Promise<Buffer> {
  const secret = await wrapper.unwrap(header.wrapped, contextOf(header.id));
  prove(secret, header);
  return secret;
}

/**
 * The root key over a wrapped secret. Who asks at once shares one answer, and for five seconds what was opened is used again, so the provider is asked
 * by the clock and not by the load. A failure is not remembered.
 */
export function wrappedRootKey(header: RootHeader, wrapper: RootWrapper, now: () => number = () => performance.now()): RootKey {
  let kept: { readonly secret: Promise<Buffer>; readonly atMs: number } | null = null;
  const open = (): Promise<Buffer> => {
    if (kept !== null && now() - kept.atMs < KEEP_MS) return kept.secret;
    const mine = { secret: openRoot(header, wrapper), atMs: now() };
    kept = mine;
    mine.secret.catch(() => {
      if (kept === mine) kept = null;
    });
    return mine.secret;
  };
  return { derive: async (purpose) => deriveFrom(await open(), purpose) };
}
