import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ProcessLog } from "./process-log.ts";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sallyport-log-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (bytesMax?: number): ProcessLog => new ProcessLog(join(folder, "api.log"), () => 0, bytesMax);
const kept = (line: string): unknown => {
  const log = open();
  log.line(line);
  return JSON.parse(readFileSync(log.path, "utf8").trim().split("\n").at(-1) ?? "");
};

it("keeps the listed facts of a line", () => {
  expect(kept('{"at":"1970-01-01T00:00:00.000Z","event":"call.done","code":"policy.denied","ms":12}')).toEqual({
    at: "1970-01-01T00:00:00.000Z",
    event: "call.done",
    code: "policy.denied",
    ms: 12,
  });
});

it.each([
  ["a fact that is not listed", '{"event":"x","subject":"01-701-1015"}', "01-701-1015"],
  ["a listed fact whose value is no name", '{"event":"x","name":"Jane Doe, born 1951"}', "Jane Doe"],
  ["a structure", '{"event":"x","name":{"first":"Jane"}}', "Jane"],
  ["plain text", "subject 01-701-1015 is male", "01-701-1015"],
  ["half a JSON line", '{"subject":"01-701-1015"', "01-701-1015"],
  ["an error's message", "TypeError: 01-701-1015 is not iterable", "01-701-1015"],
])("withholds %s", (_, line, secret) => expect(JSON.stringify(kept(line))).not.toContain(secret));

it("names an error's class and code, and its places in the code", () => {
  expect(kept("TypeError [ERR_INVALID_ARG_TYPE]: The value is wrong")).toMatchObject({ event: "output.error", name: "TypeError", code: "ERR_INVALID_ARG_TYPE" });
  expect(kept("    at open (file:///srv/sallyport/open.js:10:3)")).toMatchObject({ event: "output.frame", frame: "at open (file:///srv/sallyport/open.js:10:3)" });
});

it("keeps at most four files of the given size, for its owner alone", () => {
  const log = open(1000);
  for (let n = 0; n < 200; n++) log.event("process.started", { process: "api", pid: n });
  const names = ["api.log", "api.log.1", "api.log.2", "api.log.3"];
  for (const name of names) {
    expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(1000);
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  }
  expect(statSync(join(folder, "api.log.4"), { throwIfNoEntry: false })).toBeUndefined();
  expect(readFileSync(log.path, "utf8")).toContain('"pid":199');
});
