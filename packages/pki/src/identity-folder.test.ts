import { chmodSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Deployment } from "../test/deployment.ts";
import { type Identity, IdentityFolder, readIdentity, writeIdentity } from "./index.ts";

const deployment = new Deployment();
let root: string;
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "sallyport-identity-"));
  path = join(root, "api");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const plain = ({ keyPem, certPem, caPem }: Identity): Identity => ({ keyPem, certPem, caPem });
const watch = async (act: (folder: IdentityFolder, seen: Identity[], errors: unknown[]) => Promise<void>) => {
  const errors: unknown[] = [];
  const seen: Identity[] = [];
  const folder = new IdentityFolder(path, { pollMs: 20, onError: (error) => errors.push(error) });
  folder.onChange((identity) => seen.push(identity));
  await act(folder, seen, errors).finally(() => folder.close());
};

describe("an identity folder", () => {
  test("holds what was written, readable by its owner alone, and nothing besides", () => {
    const identity = plain(deployment.server());
    writeIdentity(path, identity);
    expect(readIdentity(path)).toEqual(identity);
    expect(readdirSync(path).sort()).toEqual(["ca.pem", "cert.pem", "key.pem"]);
    expect(readdirSync(path).map((file) => statSync(join(path, file)).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  test.each(["key.pem", "cert.pem", "ca.pem"])("is refused when others can read its %s", (file) => {
    writeIdentity(path, deployment.server());
    chmodSync(join(path, file), 0o640);
    expect(() => readIdentity(path)).toThrow("secret.exposed");
  });

  test("is refused when a file is missing or is a link", () => {
    writeIdentity(path, deployment.server());
    renameSync(join(path, "key.pem"), join(root, "elsewhere.pem"));
    expect(() => readIdentity(path)).toThrow("secret.missing");
    symlinkSync(join(root, "elsewhere.pem"), join(path, "key.pem"));
    expect(() => readIdentity(path)).toThrow("secret.missing");
  });

  test("is refused when its key belongs to another certificate", () => {
    writeIdentity(path, { ...deployment.server(), keyPem: deployment.server().keyPem });
    expect(() => readIdentity(path)).toThrow("secret.missing");
  });

  test.runIf(process.geteuid?.() === 0)("goes to the owner that is named", () => {
    writeIdentity(path, deployment.server(), { uid: 65534, gid: 65534 });
    expect(readdirSync(path).map((file) => statSync(join(path, file)).uid)).toEqual([65534, 65534, 65534]);
  });
});

describe("a watched identity folder", () => {
  test("hands on a new identity once, whole", async () => {
    writeIdentity(path, deployment.server());
    await watch(async (folder, seen) => {
      const next = plain(deployment.server());
      writeIdentity(path, next);
      await sleep(200);
      expect(seen).toEqual([next]);
      expect(folder.current()).toEqual(next);
    });
  });

  test("keeps the last good identity while the folder is damaged, says so, and recovers", async () => {
    const first = plain(deployment.server());
    writeIdentity(path, first);
    await watch(async (folder, seen, errors) => {
      writeFileSync(join(path, "cert.pem"), "half", { mode: 0o600 });
      await sleep(120);
      expect(folder.current()).toEqual(first);
      expect(errors.length).toBeGreaterThan(0);
      const next = plain(deployment.server());
      writeIdentity(path, next);
      await sleep(200);
      expect(seen).toEqual([next]);
    });
  });

  test("one failing listener keeps no other from hearing", async () => {
    writeIdentity(path, deployment.server());
    await watch(async (folder, seen, errors) => {
      folder.onChange(() => {
        throw new RangeError("listener");
      });
      let heard = 0;
      const stop = folder.onChange(() => (heard += 1));
      writeIdentity(path, deployment.server());
      await sleep(200);
      expect([seen.length, heard, errors.length]).toEqual([1, 1, 1]);
      stop();
      writeIdentity(path, deployment.server());
      await sleep(200);
      expect([seen.length, heard]).toEqual([2, 1]);
    });
  });

  test("says nothing once closed", async () => {
    writeIdentity(path, deployment.server());
    await watch(async (folder, seen) => {
      folder.close();
      writeIdentity(path, deployment.server());
      await sleep(120);
      expect(seen).toEqual([]);
    });
    expect(existsSync(path)).toBe(true);
  });
});
