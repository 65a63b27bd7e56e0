import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeOf, SallyportError } from "@sallyport/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noSoftHsm, type SoftHsm, softHsm } from "../test/soft-hsm.ts";
import { pkcs11Root } from "./pkcs11-root.ts";
import type { RootContext, RootWrapper } from "./root-wrapper.ts";

const HERE: RootContext = { application: "sallyport", root: "root_here" };
const whyOf = async (wrapper: RootWrapper): Promise<unknown> => {
  try {
    await wrapper.prepare?.();
  } catch (error) {
    return error instanceof SallyportError ? error.context["why"] : error;
  }
  return null;
};
const program = new URL("../dist/pkcs11-worker.js", import.meta.url);

describe.skipIf(noSoftHsm !== null)(`a key on a PKCS #11 token${noSoftHsm === null ? "" : ` (skipped: ${noSoftHsm})`}`, () => {
  let hsm: SoftHsm;
  const made: RootWrapper[] = [];
  const by = (over: Partial<Parameters<typeof pkcs11Root>[0]> = {}): RootWrapper => {
    const wrapper = pkcs11Root({ module: hsm.module, token: "custodian", key: "root", pinFile: join(hsm.folder, "pin"), worker: program, ...over });
    made.push(wrapper);
    return wrapper;
  };
  beforeAll(() => {
    hsm = softHsm(["custodian"]);
    for (const [name, pin] of Object.entries({ pin: hsm.pin, wrong: "0815-wrong" })) writeFileSync(join(hsm.folder, name), pin, { mode: 0o600 });
  }, 30_000);
  afterAll(() => {
    for (const wrapper of made) wrapper.close?.();
    hsm.close();
  });

  // First of all: a process logs in once for all of its threads.
  test("a wrong PIN is asked with once, and not again while the file holds it, so that the token isn't locked", async () => {
    const wrapper = by({ pinFile: join(hsm.folder, "wrong") });
    const whys: unknown[] = [];
    for (let at = 0; at < 20; at += 1) whys.push(await whyOf(wrapper));
    expect(whys[0]).toBe("the token refused the PIN");
    expect(new Set(whys.slice(1))).toEqual(new Set(["the token refused this PIN, and is not asked again with it"]));
    writeFileSync(join(hsm.folder, "wrong"), hsm.pin);
    await wrapper.prepare?.();
    expect((await wrapper.unwrap(await wrapper.wrap(Buffer.alloc(32, 7), HERE), HERE)).equals(Buffer.alloc(32, 7))).toBe(true);
  });

  test("the key is made once, and its value is given to nobody, by the token", async () => {
    const wrapped = await by().wrap(Buffer.alloc(32, 7), HERE);
    await by().prepare?.();
    expect((await by().unwrap(wrapped, HERE)).equals(Buffer.alloc(32, 7))).toBe(true);
    const { key, read } = await onToken((k, lib, session) => {
      lib.C_FindObjectsInit(session, [{ type: k.CKA_LABEL, value: "root" }]);
      const [handle = Buffer.alloc(0)] = lib.C_FindObjects(session, 4);
      lib.C_FindObjectsFinal(session);
      const [never] = lib.C_GetAttributeValue(session, handle, [{ type: k.CKA_NEVER_EXTRACTABLE }]);
      let value: string;
      try {
        value = String(lib.C_GetAttributeValue(session, handle, [{ type: k.CKA_VALUE }]).length);
      } catch (error) {
        value = (error as Error).message;
      }
      return { key: Buffer.from(never?.value as Buffer).readUInt8(0), read: value };
    });
    expect(key).toBe(1);
    expect(read).toContain("CKR_ATTRIBUTE_SENSITIVE");
  });

  test("a command that used the token ends by itself", () => {
    const script = `
      import { rootWrapperOf } from "./dist/roots.js";
      await rootWrapperOf(process.env).wrap(Buffer.alloc(32), { application: "sallyport", root: "root_here" });
    `;
    const env = {
      ...process.env,
      SALLYPORT_ROOT_KEY: "pkcs11",
      SALLYPORT_PKCS11_MODULE: hsm.module,
      SALLYPORT_PKCS11_TOKEN: "custodian",
      SALLYPORT_PKCS11_KEY: "root",
      SALLYPORT_PKCS11_PIN_FILE: join(hsm.folder, "pin"),
    };
    const { status, signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: join(import.meta.dirname, ".."),
      env,
      timeout: 20_000,
      encoding: "utf8",
    });
    expect([status, signal, stderr]).toEqual([0, null, ""]);
  });

  test("a key that may leave its token, a short one, and one of two are refused by name", async () => {
    await onToken((k, lib, session) => {
      for (const [label, extractable, bytes] of [
        ["loose", true, 32],
        ["short", false, 16],
        ["twice", false, 32],
        ["twice", false, 32],
      ] as const)
        lib.C_GenerateKey(session, { mechanism: k.CKM_AES_KEY_GEN }, [
          { type: k.CKA_CLASS, value: k.CKO_SECRET_KEY },
          { type: k.CKA_KEY_TYPE, value: k.CKK_AES },
          { type: k.CKA_LABEL, value: label },
          { type: k.CKA_VALUE_LEN, value: bytes },
          { type: k.CKA_TOKEN, value: true },
          { type: k.CKA_SENSITIVE, value: true },
          { type: k.CKA_EXTRACTABLE, value: extractable },
        ]);
    });
    for (const key of ["loose", "short", "twice"])
      expect(
        await by({ key })
          .wrap(Buffer.alloc(32), HERE)
          .catch((error: unknown) => (error as SallyportError).context),
      ).toMatchObject({ setting: "SALLYPORT_PKCS11_KEY" });
  });

  test("a token, a key and a library that aren't there are named, and a PIN that others can read stops it", async () => {
    expect(
      await by({ token: "other" })
        .wrap(Buffer.alloc(32), HERE)
        .catch((error: unknown) => (error as SallyportError).context),
    ).toMatchObject({ why: "there is no such token" });
    expect(
      await by({ key: "nobodys" })
        .wrap(Buffer.alloc(32), HERE)
        .catch((error: unknown) => (error as SallyportError).context),
    ).toMatchObject({ why: "the token has no such key" });
    expect(
      await by({ module: "/etc/hostname" })
        .wrap(Buffer.alloc(32), HERE)
        .catch((error: unknown) => (error as SallyportError).context),
    ).toMatchObject({ setting: "SALLYPORT_PKCS11_MODULE" });
    chmodSync(join(hsm.folder, "pin"), 0o640);
    expect(await by().wrap(Buffer.alloc(32), HERE).catch(codeOf)).toBe("secret.exposed");
    chmodSync(join(hsm.folder, "pin"), 0o600);
  });

  /** The token itself, by the addon alone. */
  async function onToken<A>(work: (k: typeof import("pkcs11js"), lib: import("pkcs11js").PKCS11, session: Buffer) => A): Promise<A> {
    const k = (await import("pkcs11js")).default;
    const lib = new k.PKCS11();
    lib.load(hsm.module);
    try {
      lib.C_Initialize({ flags: k.CKF_OS_LOCKING_OK });
    } catch {
      // The adapter's thread did it.
    }
    const slot = lib.C_GetSlotList(true).find((each) => lib.C_GetTokenInfo(each).label.startsWith("custodian"));
    const session = lib.C_OpenSession(slot ?? Buffer.alloc(0), k.CKF_SERIAL_SESSION | k.CKF_RW_SESSION);
    try {
      lib.C_Login(session, k.CKU_USER, hsm.pin);
    } catch {
      // Likewise.
    }
    try {
      return work(k, lib, session);
    } finally {
      lib.C_CloseSession(session);
    }
  }
});
