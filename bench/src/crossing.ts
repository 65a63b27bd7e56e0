import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { clientOptions, readIdentity } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { layOut } from "./deployment.ts";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { answersPerSecond, type Ask, askOnce, type Target } from "./load.ts";
import { bringPilotSubjects, pilotSubjectIds } from "./pilot-subjects.ts";

const ROUNDS = 5;
const program = (name: string): string => join(import.meta.dirname, `${name}.js`);

/**
 * A masked read through the whole boundary, against bare tRPC that answers as much from memory: the product with mutual TLS, a token
 * that is verified anew, a decision, an unwrapped key, opened fields, and a sealed and durable record in one of seventeen chains.
 */
export async function measureCrossing(): Promise<readonly Figure[]> {
  const node = (name: string) => ({ command: process.execPath, args: [program(name)], cwd: import.meta.dirname });
  const deployment = await layOut({ seed: "synthetic", programs: { api: node("api-program"), console: node("console-stand-in") }, bringSubjects: bringPilotSubjects });
  try {
    await deployment.host.start();
    const profile = join(deployment.home.profiles, "reviewer");
    const tls = clientOptions(readIdentity(profile), processId(deployment.host.status().trustDomain, "api"));
    const url = `https://localhost:${deployment.apiPort}`;
    const { token } = (await askOnce(url, tls, { method: "POST", path: "/token", headers: { "content-type": "application/json" }, body: "{}" })) as { token: string };
    const subjects = await pilotSubjectIds(profile);
    const asks = subjects.map(
      (subjectId): Ask => ({
        method: "POST",
        path: "/trpc/subjects.get",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify({ subjectId }),
      }),
    );
    const crossing: Target = { url, tls, asks };
    const { result } = (await askOnce(url, tls, asks[0] as Ask)) as { result: { data: object } };
    const bare = await startBare(result.data, subjects);
    try {
      const results = await interleave(ROUNDS, { crossing: () => answersPerSecond(crossing), bare: () => answersPerSecond(bare.target) });
      return [figureOf({ name: "crossing", against: "bare tRPC over plain HTTP with its stock adapter, 64 connections", goal: 0.6 }, results.crossing, results.bare)];
    } finally {
      bare.stop();
    }
  } finally {
    await deployment.remove();
  }
}

/** Starts bare tRPC in a process of its own, with `answer` in its memory. */
async function startBare(answer: object, subjects: readonly string[]): Promise<{ readonly target: Target; stop(): void }> {
  const server = fork(program("bare-server"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  server.send(answer);
  const [{ port }] = (await once(server, "message")) as [{ port: number }];
  const asks = subjects.map((subjectId): Ask => ({ method: "GET", path: `/subjects.get?input=${encodeURIComponent(JSON.stringify({ subjectId }))}` }));
  return { target: { url: `http://127.0.0.1:${port}`, asks }, stop: () => server.disconnect() };
}
