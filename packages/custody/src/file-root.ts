import { openBytes, sealBytes } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { createRootKey, fileRootKey } from "./root-key.ts";
import { contextBytes, type RootContext, type RootWrapper } from "./root-wrapper.ts";

const place = (context: RootContext): { scope: string; id: string; index: number; last: boolean } => ({
  scope: "custodian/root",
  id: contextBytes(context).toString("base64url"),
  index: 0,
  last: true,
});

/** Adapter: a file of base64, 0600, that is not in the custodian's folder – on a mount, say. The root secret is sealed under a key derived from it. */
export function fileRoot(path: string): RootWrapper {
  const keyOf = async (): Promise<{ id: string; key: Awaited<ReturnType<ReturnType<typeof fileRootKey>["derive"]>> }> => ({
    id: "root",
    key: await fileRootKey(path).derive("wrap"),
  });
  return {
    provider: "file",
    keyName: path,
    prepare: () => Promise.resolve().then(() => createRootKey(path)),
    wrap: async (secret, context) => sealBytes(await keyOf(), place(context), secret).toString("base64url"),
    async unwrap(wrapped, context) {
      const key = await keyOf();
      try {
        return openBytes(key, place(context), Buffer.from(wrapped, "base64url"));
      } catch (error) {
        throw new SallyportError("custodian.store", { why: "this root key did not seal the store" }, error);
      }
    },
  };
}
