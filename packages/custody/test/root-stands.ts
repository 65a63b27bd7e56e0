import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileRoot } from "../src/file-root.ts";
import { kmsRoot } from "../src/kms-root.ts";
import { pkcs11Root } from "../src/pkcs11-root.ts";
import type { RootWrapper } from "../src/root-wrapper.ts";
import { vaultRoot } from "../src/vault-root.ts";
import { awsKms } from "./aws-kms.ts";
import { type KeyService, keyService, type Mood } from "./key-service.ts";
import { noSoftHsm, softHsm } from "./soft-hsm.ts";
import { vaultTransit } from "./vault-transit.ts";

/** A provider in the test's hands. */
export interface Stand {
  /** By the key that holds, or by another one of the same provider. */
  wrapper(over?: { readonly isOther?: boolean; readonly deadlineMs?: number }): RootWrapper;
  take(): void;
  giveBack(): void;
  /** What must be in no failure. */
  readonly secrets: readonly string[];
  /** Where it is a service over the network. */
  readonly service: KeyService | null;
  /** A wrapper whose key never answers. */
  hanging(over?: { readonly deadlineMs?: number }): RootWrapper;
  close(): void;
}

const folder = (): string => mkdtempSync(join(tmpdir(), "root-"));

function secretFile(home: string, name: string, secret: string): string {
  const path = join(home, name);
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  chmodSync(path, 0o600);
  return path;
}

function fileStand(): Promise<Stand> {
  const home = folder();
  const never: RootWrapper = { ...fileRoot(join(home, "a.key")), unwrap: () => new Promise(() => undefined) };
  return Promise.resolve({
    wrapper: ({ isOther = false } = {}) => fileRoot(join(home, isOther ? "b.key" : "a.key")),
    take: () => renameSync(join(home, "a.key"), join(home, "away")),
    giveBack: () => renameSync(join(home, "away"), join(home, "a.key")),
    secrets: [],
    service: null,
    hanging: () => never,
    close: () => rmSync(home, { recursive: true, force: true }),
  });
}

/** A thread that answers nothing, as a token that hangs. */
const SILENT = new URL('data:text/javascript,import{parentPort}from"node:worker_threads";parentPort.on("message",()=>undefined)');

function pkcs11Stand(): Promise<Stand> {
  const hsm = softHsm(["sallyport test"]);
  const pinFile = secretFile(hsm.folder, "pin", hsm.pin);
  const made: RootWrapper[] = [];
  const program = new URL("../dist/pkcs11-worker.js", import.meta.url);
  const of = (key: string, worker: URL, deadlineMs?: number): RootWrapper => {
    const wrapper = pkcs11Root({ module: hsm.module, token: "sallyport test", key, pinFile, worker, ...(deadlineMs !== undefined && { deadlineMs }) });
    made.push(wrapper);
    return wrapper;
  };
  return Promise.resolve({
    wrapper: ({ isOther = false, deadlineMs } = {}) => of(isOther ? "other" : "root", program, deadlineMs),
    take: () => renameSync(join(hsm.folder, "pin"), join(hsm.folder, "away")),
    giveBack: () => renameSync(join(hsm.folder, "away"), join(hsm.folder, "pin")),
    secrets: [hsm.pin],
    service: null,
    hanging: ({ deadlineMs } = {}) => of("root", SILENT, deadlineMs),
    close() {
      for (const wrapper of made) wrapper.close?.();
      hsm.close();
    },
  });
}

const served = (service: KeyService, home: string, secrets: readonly string[], wrapper: Stand["wrapper"]): Stand => {
  const mood = (next: Mood) => (): void => void (service.mood = next);
  return {
    wrapper,
    take: mood("away"),
    giveBack: mood("well"),
    secrets,
    service,
    hanging(over) {
      service.mood = "slow";
      return wrapper(over);
    },
    close() {
      service.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
};

async function vaultStand(): Promise<Stand> {
  const token = "hvs.a-token-of-the-test-CAESIJ";
  const service = await keyService(vaultTransit({ token, keys: ["root", "other"] }));
  const home = folder();
  const tokenFile = secretFile(home, "token", token);
  return served(service, home, [token], ({ isOther = false, deadlineMs } = {}) =>
    vaultRoot({
      address: service.address,
      mount: "transit",
      key: isOther ? "other" : "root",
      namespace: null,
      tokenFile,
      ca: service.ca,
      ...(deadlineMs !== undefined && { deadlineMs }),
    }),
  );
}

export const arn = (id: string): string => `arn:aws:kms:eu-central-1:111122223333:key/${id}`;

async function kmsStand(): Promise<Stand> {
  const [accessKeyId, secret, session] = ["THEKEYOFTHETEST01", "a/secret+of-the-test/0123456789abcdefgh", "a-session-of-the-test//"];
  const keys = [arn("1234abcd-12ab-34cd-56ef-1234567890ab"), arn("0987dcba-09fe-87dc-65ba-ab0987654321")];
  const service = await keyService(awsKms({ accessKeyId, secret, session, keys, region: "eu-central-1" }));
  const home = folder();
  const files = { secretAccessKeyFile: secretFile(home, "secret", secret), sessionTokenFile: secretFile(home, "session", session) };
  return served(service, home, [secret, session], ({ isOther = false, deadlineMs } = {}) =>
    kmsRoot({ key: keys[isOther ? 1 : 0] ?? "", endpoint: service.address, accessKeyId, ...files, ca: service.ca, now: Date.now, ...(deadlineMs !== undefined && { deadlineMs }) }),
  );
}

/** One for each provider; `missing` says why it can't be shown on this machine. */
export const STANDS: readonly { readonly provider: RootWrapper["provider"]; readonly missing: string | null; readonly stand: () => Promise<Stand> }[] = [
  { provider: "file", missing: null, stand: fileStand },
  { provider: "pkcs11", missing: noSoftHsm, stand: pkcs11Stand },
  { provider: "vault-transit", missing: null, stand: vaultStand },
  { provider: "aws-kms", missing: null, stand: kmsStand },
];
