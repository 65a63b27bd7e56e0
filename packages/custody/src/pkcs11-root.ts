import { Worker } from "node:worker_threads";
import { SallyportError } from "@sallyport/errors";
import { contextBytes, type RootContext, type RootWrapper } from "./root-wrapper.ts";
import { readPin } from "./secret-file.ts";

/** Where a key is on a token. */
export interface Pkcs11Place {
  /** The path of the vendor's library. */
  readonly module: string;
  /** The labels of the token and of the key. */
  readonly token: string;
  readonly key: string;
}

export interface Pkcs11RootOptions extends Pkcs11Place {
  readonly pinFile: string;
  readonly deadlineMs?: number;
  /** The thread's program. */
  readonly worker?: URL;
}

/** What the thread is asked, and answers. The PIN goes to it with each call and is kept nowhere. */
export interface Pkcs11Call {
  readonly id: number;
  readonly op: "prepare" | "wrap" | "unwrap";
  readonly bytes: Uint8Array;
  readonly aad: Uint8Array;
  readonly pin: string;
  readonly untilMs: number;
}
export type Pkcs11Answer =
  | { readonly id: number; readonly bytes: Uint8Array }
  | { readonly id: number; readonly failed: "away" | "foreign" | "addon" | "module" | "key"; readonly why: string };

const DEADLINE_MS = 1200;
/** Making a key may take a token longer. */
const PREPARE_MS = 30_000;
const SETTINGS = { addon: "SALLYPORT_ROOT_KEY", module: "SALLYPORT_PKCS11_MODULE", key: "SALLYPORT_PKCS11_KEY" } as const;
const REMEDIES = {
  addon: "build it: node packages/custody/build-pkcs11.mjs",
  module: "name the library of the token's vendor, for this machine's architecture",
  key: "name a key of AES-256 that is sensitive and not extractable, or a label that is not taken",
} as const;

/**
 * Adapter: an AES-256 key on a PKCS #11 token, which never leaves it: one that could is refused. Wrapping is AES-GCM on the token, bound to the context.
 * A wrong PIN is tried once, and not again while the PIN's file is the same.
 */
export function pkcs11Root(options: Pkcs11RootOptions): RootWrapper {
  const { module, token, key, pinFile, deadlineMs = DEADLINE_MS, worker: program = new URL("./pkcs11-worker.js", import.meta.url) } = options;
  const waiting = new Map<number, (answer: Pkcs11Answer) => void>();
  let worker: Worker | null = null;
  let next = 1;

  const running = (): Worker => {
    if (worker !== null) return worker;
    const fresh = new Worker(program, { workerData: { module, token, key } satisfies Pkcs11Place, execArgv: [] });
    fresh.on("message", (answer: Pkcs11Answer) => waiting.get(answer.id)?.(answer));
    // It keeps no process alive, and one that ends is made anew at the next call. Last, since a listener for messages is a reason to stay.
    fresh.unref();
    const end = (): void => {
      if (worker === fresh) worker = null;
      for (const [id, settle] of waiting) settle({ id, failed: "away", why: "the thread ended" });
    };
    fresh.once("error", end);
    fresh.once("exit", end);
    worker = fresh;
    return fresh;
  };

  const ask = async (op: Pkcs11Call["op"], bytes: Buffer, context: RootContext | null): Promise<Buffer> => {
    const waitMs = op === "prepare" ? Math.max(PREPARE_MS, deadlineMs) : deadlineMs;
    const call: Pkcs11Call = {
      id: next++,
      op,
      bytes,
      aad: context === null ? Buffer.alloc(0) : contextBytes(context),
      pin: readPin(pinFile, "SALLYPORT_PKCS11_PIN_FILE"),
      untilMs: Date.now() + waitMs,
    };
    const answer = await new Promise<Pkcs11Answer>((settle) => {
      const late = setTimeout(() => settle({ id: call.id, failed: "away", why: "the token did not answer in time" }), waitMs);
      waiting.set(call.id, (came) => {
        clearTimeout(late);
        settle(came);
      });
      running().postMessage(call);
    });
    waiting.delete(call.id);
    if ("bytes" in answer) return Buffer.from(answer.bytes);
    const { failed, why } = answer;
    if (failed === "foreign") throw new SallyportError("custodian.store", { why: "this key of pkcs11 did not wrap the root secret" });
    if (failed === "away") throw new SallyportError("keys.unavailable", { provider: "pkcs11", why });
    throw new SallyportError("setting.invalid", { setting: SETTINGS[failed], reason: why, remedy: REMEDIES[failed] });
  };

  return {
    provider: "pkcs11",
    keyName: `${token}/${key}`,
    prepare: async () => void (await ask("prepare", Buffer.alloc(0), null)),
    wrap: async (secret, context) => (await ask("wrap", secret, context)).toString("base64url"),
    unwrap: (wrapped, context) => ask("unwrap", Buffer.from(wrapped, "base64url"), context),
    close: () => void worker?.terminate(),
  };
}
