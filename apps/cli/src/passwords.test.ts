import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname } from "node:path";
import { homePaths } from "@sallyport/app-host";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

let user: CommandLine;
let supervisor: Server | null = null;
beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  supervisor?.close();
  supervisor = null;
  await user.close();
});

/** Answers on the home's socket as a supervisor with these passwords does. */
async function answering(passwords: object | null): Promise<string[]> {
  const asked: string[] = [];
  const { socket } = homePaths(user.home);
  mkdirSync(dirname(socket), { recursive: true });
  supervisor = createServer((peer) =>
    peer.once("data", (line: Buffer) => {
      const { cmd } = JSON.parse(line.toString("utf8")) as { cmd: string };
      asked.push(cmd);
      peer.end(`${JSON.stringify(cmd === "status" ? { ok: true, status: { passwords, processes: [], certificates: [], revoked: [] } } : { ok: true, generation: 8 })}\n`);
    }),
  );
  await new Promise<void>((settle) => supervisor?.listen(socket, settle));
  return asked;
}
const SINCE = "2026-01-01T00:00:00.000Z";

test("passwords are shown with since when, and who is logged in by the ones before", async () => {
  await answering({ generation: 7, since: SINCE, isOverdue: true, holders: ["sallyport-api"] });
  expect((await user.type(["passwords"])).out.trim().split("\n")).toEqual([
    `passwords 7 are in use since ${SINCE}: overdue by their age`,
    "the ones before are accepted too; logged in by them: sallyport-api",
  ]);
});

test("rotate asks the supervisor, and anything else asks nobody", async () => {
  const asked = await answering(null);
  expect(await user.type(["passwords", "rotate", "--json"])).toMatchObject({ exit: 0, out: '{"generation":8}\n' });
  expect(await user.type(["passwords", "turn"])).toMatchObject({ exit: 2 });
  expect(asked).toEqual(["rotate-passwords"]);
});

test("without a supervisor, that is what is said", async () => {
  expect(await user.type(["passwords", "rotate"])).toMatchObject({ exit: 4 });
});

test.each([
  [true, "warning"],
  [false, "ok"],
])("doctor warns of passwords whose being overdue is %s as %s", async (isOverdue, severity) => {
  await answering({ generation: 7, since: SINCE, isOverdue, holders: null });
  const { findings } = JSON.parse((await user.type(["doctor", "--json"])).out) as { findings: readonly { check: string; severity: string; remedy: string }[] };
  const [found] = findings.filter(({ check }) => check === "passwords");
  expect(found).toMatchObject({ severity });
  expect(found?.remedy.includes("passwords rotate")).toBe(isOverdue);
});
