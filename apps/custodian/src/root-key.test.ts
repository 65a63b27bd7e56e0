import { chmodSync, chownSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { SallyportError } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { newHome, start } from "../test/running.ts";
import { createRootKey, fileRootKey, type RootKey } from "@sallyport/custody/journal";

const example = { purpose: "subject", id: "sub_1", study: "S", site: "701" } as const;

/** What a start says: its code, and everything that it could print. */
async function startWith(home: string, rootKey?: RootKey): Promise<{ code: string; said: string }> {
  try {
    await start({ home }, rootKey === undefined ? {} : { rootKey });
    return { code: "started", said: "" };
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return { code: error.code, said: JSON.stringify([error.message, error.stack, error.context, error.cause instanceof Error ? error.cause.message : null]) };
  }
}

interface Fault {
  readonly name: string;
  readonly code: string;
  readonly spoil: (path: string, good: string) => void;
}
const faults: Fault[] = [
  { name: "a missing root key", code: "secret.missing", spoil: (path) => rmSync(path) },
  {
    name: "a link in a root key's place",
    code: "secret.missing",
    spoil: (path) => {
      renameSync(path, `${path}.real`);
      symlinkSync(`${path}.real`, path);
    },
  },
  { name: "a short root key", code: "secret.weak", spoil: (path, good) => writeFileSync(path, Buffer.from(good, "base64").subarray(0, 31).toString("base64")) },
  { name: "an empty root key", code: "secret.weak", spoil: (path) => writeFileSync(path, "") },
  { name: "a root key that isn't base64", code: "secret.weak", spoil: (path, good) => writeFileSync(path, `!${good.slice(1)}`) },
  { name: "a root key with something behind it", code: "secret.weak", spoil: (path, good) => writeFileSync(path, `${good} #`) },
  { name: "a root key of zeros", code: "secret.weak", spoil: (path) => writeFileSync(path, Buffer.alloc(32).toString("base64")) },
  { name: "a root key that others can read", code: "secret.exposed", spoil: (path) => chmodSync(path, 0o640) },
  ...(process.geteuid?.() === 0 ? [{ name: "a root key of another user", code: "secret.exposed", spoil: (path: string) => chownSync(path, 12_345, 12_345) }] : []),
];

for (const { name, code, spoil } of faults) {
  faultTest("E8", `${name} stops the start of an existing store, and nothing of it is printed`, async (defence) => {
    const running = await start();
    await running.stop();
    const path = `${running.home}/root.key`;
    const good = readFileSync(path, "latin1").trim();
    spoil(path, good);
    // Off: an adapter that takes whatever is there, or makes a key where there is none.
    const lenient: RootKey = {
      derive: (purpose) => {
        rmSync(path, { force: true });
        createRootKey(path);
        return fileRootKey(path).derive(purpose);
      },
    };
    const { code: found, said } = await startWith(running.home, defence === "on" ? undefined : lenient);
    expect(found).toBe(code);
    expect(said).not.toContain(good.slice(0, 12));
    expect(said).not.toContain(Buffer.from(good, "base64").toString("hex").slice(0, 12));
  });
}

test("another root key doesn't open the store, and doesn't spoil it", async () => {
  const running = await start();
  await running.stop();
  const path = `${running.home}/root.key`;
  const good = readFileSync(path);
  const store = readFileSync(`${running.home}/store.jsonl`);
  rmSync(path);
  createRootKey(path);
  expect((await startWith(running.home)).code).toBe("custodian.store");
  writeFileSync(path, good, { mode: 0o600 });
  expect(readFileSync(`${running.home}/store.jsonl`)).toEqual(store);
  expect((await startWith(running.home)).code).toBe("started");
});

test("a root key that an operator put there before the first start is the one that is used", async () => {
  const home = newHome();
  createRootKey(`${home}/root.key`);
  const before = readFileSync(`${home}/root.key`);
  await start({ home });
  expect(readFileSync(`${home}/root.key`)).toEqual(before);
});

faultTest("E7", "with the root key away, keys fail while seal, mint, sign and status go on; when it is back, keys are", async (defence) => {
  const home = newHome();
  createRootKey(`${home}/root.key`);
  const file = fileRootKey(`${home}/root.key`);
  const kept = new Map<string, ReturnType<RootKey["derive"]>>();
  // Off: an adapter that remembers what it derived.
  const forgetful: RootKey = { derive: (purpose) => kept.get(purpose) ?? kept.set(purpose, file.derive(purpose)).get(purpose) ?? file.derive(purpose) };
  const { client, trail, custodian } = await start({ home }, { rootKey: defence === "on" ? file : forgetful });
  const [wrapped] = await client.wrap([example], 2000);
  const item = { context: example, wrapped: wrapped?.wrapped ?? "" };

  renameSync(`${home}/root.key`, `${home}/away`);
  expect(
    await client.unwrap([item], 2000).then(
      () => "opened",
      (error: SallyportError) => error.code,
    ),
  ).toBe("keys.unavailable");
  expect(
    await client.wrap([example], 2000).then(
      () => "wrapped",
      (error: SallyportError) => error.code,
    ),
  ).toBe("keys.unavailable");
  await trail.append(client, custodian.deployment, "system", 3);
  expect((await client.sign({ kind: "checkpoint", chains: ["system"] }, 2000)).checkpoints[0]?.size).toBe(3);
  expect((await client.status({}, 2000)).rootKey).toBe("away");

  renameSync(`${home}/away`, `${home}/root.key`);
  expect(await client.unwrap([item], 2000)).toEqual([wrapped?.key]);
});
