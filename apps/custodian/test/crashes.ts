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
