import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileRoot, MOVE_STEPS, type MoveStep, type RootWrapper } from "@sallyport/custody/roots";
import { codeOf } from "@sallyport/errors";
import { faultTest } from "@sallyport/testkit";
import { expect, test } from "vitest";
import { newHome, start } from "../test/running.ts";
import { moveRootKey } from "./offline.ts";

const context = { purpose: "subject", id: "sub_1", study: "S", site: "701" } as const;

/** A process of its own that moves the store and is killed as soon as a step is done; `inPlace`: one that had written over the old file by then. */
const MOVER = `
import { truncateSync } from "node:fs";
import { moveRootKey } from "@sallyport/app-custodian";
import { fileRoot } from "@sallyport/custody/roots";
const [home, target, killAt, inPlace] = process.argv.slice(1);
const at = (step) => {
  if (step !== killAt) return;
  if (inPlace === "in place") truncateSync(home + "/store.jsonl", 500);
  process.kill(process.pid, "SIGKILL");
};
await moveRootKey({ home, to: fileRoot(target), at });
`;

/** What a start with this key gives: the data key that was wrapped before, or the failure's code. */
async function opens(home: string, wrapper: RootWrapper | null, wrapped: string): Promise<string> {
  try {
    const running = await start({ home }, { wrapper });
    const [key] = await running.client.unwrap([{ context, wrapped }], 2000);
    await running.stop();
    return key?.toString("hex") ?? "";
  } catch (error) {
    return codeOf(error);
  }
}

const killed = (step: MoveStep) => (defence: "on" | "off") => killedAt(step, defence);
async function killedAt(step: MoveStep, defence: "on" | "off"): Promise<void> {
  const first = await start();
  const [made] = await first.client.wrap([context], 2000);
  const [wrapped, key] = [made?.wrapped ?? "", made?.key.toString("hex") ?? ""];
  await first.stop();
  const { home } = first;
  const target = `${newHome()}/next.key`;
  const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", MOVER, home, target, step, defence === "on" ? "" : "in place"], { cwd: import.meta.dirname });
  expect(signal).toBe("SIGKILL");
  const to = fileRoot(target);
  const isSwitched = step === "switched";
  expect([await opens(home, null, wrapped), await opens(home, to, wrapped)]).toEqual(isSwitched ? ["setting.invalid", key] : [key, "setting.invalid"]);

  // Asked for again, it is done, or was.
  expect(await moveRootKey({ home, to })).toBe(!isSwitched);
  expect(await moveRootKey({ home, to })).toBe(false);
  expect([await opens(home, null, wrapped), await opens(home, to, wrapped)]).toEqual(["setting.invalid", key]);
  const again = await start({ home }, { wrapper: to });
  expect((await again.client.status({}, 2000)).events.map(({ action }) => action)).toEqual(["custodian.founded", "root.moved"]);
}

for (const step of MOVE_STEPS)
  faultTest("E9", `a move of the root key that is killed once it is ${step} leaves a store that one key opens, and goes on when it is asked for again`, killed(step), 20_000);

test("what the old root key opens are older copies: not the store, and not its key-encryption key", async () => {
  const running = await start();
  await running.stop();
  const { home } = running;
  const old = readFileSync(`${home}/store.jsonl`);
  await moveRootKey({ home, to: fileRoot(`${newHome()}/next.key`) });
  const now = readFileSync(`${home}/store.jsonl`, "latin1");
  for (const line of old.toString("latin1").split("\n").filter(Boolean)) expect(now).not.toContain((JSON.parse(line) as { sealed: string }).sealed);
});

test("a store moves from one file to another, and asked for again it is there", async () => {
  const running = await start();
  const [made] = await running.client.wrap([context], 2000);
  await running.stop();
  const { home } = running;
  const [one, two] = [fileRoot(`${newHome()}/one.key`), fileRoot(`${newHome()}/two.key`)];
  expect(await moveRootKey({ home, to: one })).toBe(true);
  expect([await moveRootKey({ home, wrapper: one, to: two }), await moveRootKey({ home, to: two })]).toEqual([true, false]);
  expect([await opens(home, one, made?.wrapped ?? ""), await opens(home, two, made?.wrapped ?? "")]).toEqual(["custodian.store", made?.key.toString("hex")]);
});

test("a running custodian's store isn't moved", async () => {
  const { home } = await start();
  expect(await moveRootKey({ home, to: fileRoot(`${newHome()}/next.key`) }).catch(codeOf)).toBe("custodian.locked");
});
