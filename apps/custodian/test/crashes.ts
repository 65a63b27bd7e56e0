import { readFileSync } from "node:fs";
import type { Running } from "./running.ts";

/** What the store's file is after each step, cut where a write that was under way may have ended. */
export async function crashes(running: Running, steps: readonly (() => Promise<unknown>)[]): Promise<readonly Buffer[]> {
  const path = `${running.home}/store.jsonl`;
  const files: Buffer[] = [];
  for (const step of steps) {
    const from = readFileSync(path).length;
    await step();
    const whole = readFileSync(path);
    for (let at = from; at < whole.length; at = whole.indexOf("\n", at) + 1) files.push(whole.subarray(0, at), whole.subarray(0, Math.floor((at + whole.indexOf("\n", at)) / 2)));
    files.push(whole);
  }
  return files;
}

/** Rings whose latest step isn't told by one event: none, wherever a process was ended. */
export async function untold({ client }: Running): Promise<readonly string[]> {
  const { rings } = await client.rotate({ kind: "rings" }, 2000);
  const { events } = await client.status({}, 2000);
  const told = events.filter(({ action }) => action === "keys.rotated").map(({ resource, detail }) => `${resource} ${detail.split(";", 2).join(";")}`);
  return rings
    .filter(({ at }) => at > 0)
    .map(({ ring, last, at }) => `ring/${ring} step=${last};at=${at}`)
    .filter((step) => told.filter((each) => each === step).length !== 1);
}
