import { accessSync, closeSync, constants, existsSync, openSync, readSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";
import { createRootKey, fileRootKey, type RootKey } from "./root-key.ts";
import { headerLine, newRoot, readHeader, type RootHeader, type RootWrapper, wrappedRootKey } from "./root-wrapper.ts";

/** The root key of a store, and the line that its file begins with. */
export interface OpenedRoot {
  readonly rootKey: RootKey;
  readonly header: string | null;
}

const HEADER_BYTES = 16 * 1024;
const OWN = "the file root.key in the custodian's folder";

/** Which root key a store's file names; null where it names none, or there is no file. @throws `custodian.store`. */
export function headerOf(path: string): RootHeader | null {
  if (!existsSync(path)) return null;
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const [line = ""] = bytes.subarray(0, readSync(file, bytes)).toString("latin1").split("\n");
    return readHeader(line);
  } finally {
    closeSync(file);
  }
}

/**
 * The root key of the store in `home`, by what the settings name: `null` is the file `root.key` there. For an empty store it is made.
 *
 * @throws `setting.invalid` where the store is under another provider than the settings name; as {@link newRoot} and {@link openRoot}.
 */
export async function rootKeyOf({ home, isEmpty, wrapper }: { readonly home: string; readonly isEmpty: boolean; readonly wrapper: RootWrapper | null }): Promise<OpenedRoot> {
  const file = `${home}/root.key`;
  if (isEmpty && wrapper === null) createRootKey(file);
  const header = isEmpty ? (wrapper === null ? null : await newRoot(wrapper)) : headerOf(`${home}/store.jsonl`);
  assertProvider(header, wrapper);
  if (header === null || wrapper === null) return { rootKey: fileRootKey(file), header: null };
  const rootKey = wrappedRootKey(header, wrapper);
  // What can't be opened stops the start here, with the code that says why.
  await rootKey.derive("store").catch((error: unknown) => {
    if (!(error instanceof SallyportError) || error.code !== "keys.unavailable") throw error;
    throw new SallyportError(error.code, { ...error.context, remedy: "bring the root key's token or service back, and start again; docs/runbooks/root-key.md" }, error.cause);
  });
  return { rootKey, header: headerLine(header) };
}

/** @throws `setting.invalid` where the store's file names another provider than the settings do. */
function assertProvider(header: RootHeader | null, wrapper: RootWrapper | null): void {
  if (header?.provider === wrapper?.provider) return;
  const [is, named] = [header?.provider ?? OWN, wrapper?.provider ?? OWN];
  throw new SallyportError("setting.invalid", {
    setting: "SALLYPORT_ROOT_KEY",
    reason: `names ${named}, and the custodian's store is under ${is}`,
    remedy: "set it as it was, or move the store: sallyport custodian move-root",
  });
}

/**
 * Whether the store in `home` could be opened by this process, as far as that shows without any key: no secret is read, and nothing is asked of a token or service.
 *
 * @throws `custodian.store` where its file can't be read; `secret.missing` where `root.key` can't; as {@link rootKeyOf} for another provider.
 */
export function assertOpenable(home: string, wrapper: RootWrapper | null): void {
  const assertReadable = (file: string, code: "custodian.store" | "secret.missing", context: Readonly<Record<string, string>>): void => {
    try {
      accessSync(`${home}/${file}`, constants.R_OK);
    } catch (error) {
      throw new SallyportError(code, context, error);
    }
  };
  assertReadable("store.jsonl", "custodian.store", { why: "unreadable" });
  assertProvider(headerOf(`${home}/store.jsonl`), wrapper);
  if (wrapper === null) assertReadable("root.key", "secret.missing", { secret: "root.key" });
}
