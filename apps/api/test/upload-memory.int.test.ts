import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { UPLOAD_PART_BYTES } from "@sallyport/contracts";
import { durableCluster } from "@sallyport/embedded-postgres/testing";
import { zipOf } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChildApi, startChildApi } from "./child-api.ts";
import { demographics, STUDY } from "./dataset.ts";
import { DoorClient, type Reply } from "./door-client.ts";
import { codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import type { Standing } from "./upload-steps.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const MIB = 1024 * 1024;
/** As much as brings the process to the size at which garbage is collected in step: what is less is small by chance. */
const BASE_MIB = LONG ? 100 : 24;
const DOCUMENT_MIB = LONG ? 1024 : 16;
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

/** An archive of one stored file of so many MiB, part by part: head, content, directory. */
function* archive(mib: number): Generator<Buffer> {
  const block = Buffer.alloc(MIB, "0123456789abcdef\n");
  let crc = 0;
  for (let n = 0; n < mib; n += 1) crc = crc32(block, crc);
  const empty = zipOf([{ name: "large", method: 0, crc, size: mib * MIB }]);
  const directory = empty.indexOf("PK\u0001\u0002");
  const [head, end] = [Buffer.from(empty.subarray(0, directory)), Buffer.from(empty.subarray(directory))];
  // Compressed sizes in both headers, and where the directory lies.
  head.writeUInt32LE(mib * MIB, 18);
  end.writeUInt32LE(mib * MIB, 20);
  end.writeUInt32LE(directory + mib * MIB, end.length - 6);
  yield head;
  for (let n = 0; n < mib; n += 1) yield block;
  yield end;
}

test(
  `a document of ${DOCUMENT_MIB} MiB goes through upload, inspection and release in bounded memory`,
  async () => {
    const [token, stewards] = [at.forge("ingest"), at.forge("steward")];
    const steward = new DoorClient(api.port, at.trustDomain, at.identity("steward"));
    const before = resident();
    let most = before;
    const sampler = setInterval(() => (most = Math.max(most, resident())), 20);
    try {
      let bytes = 0;
      for (const { length } of archive(DOCUMENT_MIB)) bytes += length;
      const files = [{ name: "large.zip", bytes, document: { type: "ectd_sequence", site: null } }];
      const { packetId } = dataOf(await served(() => api.client.call("packets.begin", { study: STUDY, files }, token, "memory-of-a-document"))) as Standing;
      const hash = createHash("sha256");
      let offset = 0;
      for (const part of parts(archive(DOCUMENT_MIB))) {
        hash.update(part);
        const place = { packetId, file: 1, offset };
        offset = nextOf(await served(() => api.client.part(place, part, token)));
      }
      const input = { packetId, files: [{ n: 1, sha256: hash.digest("hex") }] };
      dataOf(await served(() => api.client.call("packets.complete", input, token, "memory-of-a-document-end")));
      expect(dataOf(await served(() => steward.call("packets.inspect", { packetId }, stewards)))).toMatchObject({
        documents: [{ facts: { entries: 1, inflatedBytes: DOCUMENT_MIB * MIB } }],
      });
      const reason = "checked against the source";
      expect(dataOf(await served(() => steward.call("packets.release", { packetId, reason }, stewards, "memory-of-a-document-release")))).toMatchObject({
        documents: { created: 1 },
      });
    } finally {
      clearInterval(sampler);
      steward.close();
    }
    // The process has its size by now: what is read again and again adds nothing to it.
    expect((most - before) / MIB).toBeLessThan(96);
  },
  LONG ? 1_800_000 : 200_000,
);
