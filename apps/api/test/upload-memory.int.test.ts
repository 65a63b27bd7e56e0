import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { UPLOAD_PART_BYTES } from "@sallyport/contracts";
import { durableCluster } from "@sallyport/embedded-postgres/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChildApi, startChildApi } from "./child-api.ts";
import { demographics, STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import type { Standing } from "./upload-steps.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const MIB = 1024 * 1024;
/** As much as brings the process to the size at which garbage is collected in step: what is less is small by chance. */
const BASE_MIB = LONG ? 100 : 24;
/** Half a second each: a gigabyte is read for minutes. */
const TRIES_MAX = 1800;

let at: Deployment;
let api: ChildApi;
beforeAll(async () => {
  at = await deployment({ durable: await durableCluster() });
  api = await startChildApi(at);
}, 120_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

/** A dataset of so many MiB, made part by part: one person for each, and white space in their rows. */
function* pieces(mib: number, from: number): Generator<Buffer> {
  const people = Array.from({ length: mib }, (_, index) => ({ site: "701", subject: String(from + index) }));
  const rows = demographics(people).split('"YEARS"');
  const space = Buffer.alloc(MIB - 1024, " ");
  for (const [index, text] of rows.entries()) {
    yield Buffer.from(text);
    if (index < rows.length - 1) {
      yield space;
      yield Buffer.from('"YEARS"');
    }
  }
}

/** Cuts what is made into parts, of which one is there at a time. */
function* parts(made: Iterable<Buffer>): Generator<Buffer> {
  let rest = Buffer.alloc(0);
  for (const piece of made) {
    rest = Buffer.concat([rest, piece]);
    for (; rest.length >= UPLOAD_PART_BYTES; rest = rest.subarray(UPLOAD_PART_BYTES)) yield rest.subarray(0, UPLOAD_PART_BYTES);
  }
  if (rest.length > 0) yield rest;
}

/** Resident bytes of the api's process. */
const resident = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${api.child.pid}/status`, "utf8"))?.[1]) * 1024;

/** Sends again what a busy machine had no time for, or what met the end of its connection's age, as every client does. */
async function served(send: () => Promise<Reply>): Promise<Reply> {
  for (let tries = 0; ; tries += 1) {
    const reply = await send().catch((error: unknown) => {
      if (tries === TRIES_MAX) throw error;
      return null;
    });
    if (reply !== null && (reply.status !== 503 || tries === TRIES_MAX)) return reply;
    await sleep(500);
  }
}

/** The offset that is next, also where a part had arrived whose answer was lost. */
const nextOf = (reply: Reply): number => (codeOf(reply) === "packet.offset" ? (JSON.parse(reply.text) as { next: number }).next : (dataOf(reply) as { received: number }).received);

/** Uploads so many MiB and answers the most that the api's process had in memory meanwhile. */
async function peakOf(mib: number, from: number): Promise<number> {
  const token = at.forge("ingest");
  const key = `memory-of-${from}-000000`;
  let bytes = 0;
  for (const { length } of pieces(mib, from)) bytes += length;
  const hash = createHash("sha256");
  let most = 0;
  const sampler = setInterval(() => (most = Math.max(most, resident())), 20);
  try {
    const { packetId } = dataOf(await served(() => api.client.call("packets.begin", { study: STUDY, files: [{ name: "dm.json", bytes }] }, token, key))) as Standing;
    let offset = 0;
    for (const part of parts(pieces(mib, from))) {
      hash.update(part);
      const place = { packetId, file: 1, offset };
      offset = nextOf(await served(() => api.client.part(place, part, token)));
    }
    const input = { packetId, files: [{ n: 1, sha256: hash.digest("hex") }] };
    expect(dataOf(await served(() => api.client.call("packets.complete", input, token, `${key}-end`)))).toMatchObject({ state: "quarantined", rows: mib, bytes });
  } finally {
    clearInterval(sampler);
  }
  return most;
}

test(
  "an upload of ten times the bytes takes no more than 1.2 times the memory, from its first part to its quarantine",
  async () => {
    await peakOf(BASE_MIB, 100_000);
    const small = await peakOf(BASE_MIB, 200_000);
    const large = await peakOf(10 * BASE_MIB, 300_000);
    expect(large / small, `${Math.round(small / MIB)} and ${Math.round(large / MIB)} MiB`).toBeLessThanOrEqual(1.2);
  },
  LONG ? 1_800_000 : 400_000,
);
