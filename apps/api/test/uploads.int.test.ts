import { gzipSync } from "node:zlib";
import { UPLOAD_CHUNK_BYTES, UPLOAD_PART_BYTES } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { uploadSweep } from "@sallyport/db";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UploadRounds } from "../src/upload-rounds.ts";
import { demographics, STUDY } from "./dataset.ts";
import { hasPilot, pilot } from "./pilot.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";
import { cutPart, rawPart, UploadSteps } from "./upload-steps.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;

let at: Deployment;
let api: Api;
let own: UploadSteps;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  own = new UploadSteps(at, api);
});
afterAll(async () => {
  await api?.close();
  await at?.close();
});

let subjects = 5000;
/** A dataset of so many people that nobody brought in yet, with white space in its rows up to a length. */
function dataset(people: number, length = 0, site = "701"): Buffer {
  const text = demographics(Array.from({ length: people }, () => ({ site, subject: String((subjects += 1)) })));
  const missing = Math.max(0, length - text.length);
  const share = Math.floor(missing / people);
  let row = 0;
  return Buffer.from(text.replaceAll('"YEARS"', (value) => " ".repeat((row += 1) === people ? missing - share * (people - 1) : share) + value));
}

const completed = async (bytes: Buffer): Promise<string> => {
  const packetId = await own.begin(bytes);
  await own.send(packetId, 1, bytes);
  dataOf(await own.complete(packetId, [bytes]));
  return packetId;
};
interface Stored {
  readonly state: string;
  readonly chunks: number;
  readonly received: number;
}
const packetsOf = async (id: string): Promise<Stored> => {
  const [row] = await at.owner.run<Stored>`
    SELECT p.state, (SELECT count(*)::integer FROM ingress.packet_chunks c WHERE c.packet = p.id) AS chunks,
           (SELECT sum(f.received)::integer FROM ingress.upload_files f WHERE f.packet = p.id) AS received
      FROM ingress.packets p WHERE p.id = ${id}`;
  if (row === undefined) throw new Error("no packet");
  return row;
};

test("what came in parts is quarantined as what came in one call is, and released by somebody else", async () => {
  const bytes = dataset(3, 2 * UPLOAD_PART_BYTES + 17);
  const packetId = await own.begin(bytes);
  expect(await own.standing(packetId)).toMatchObject({ state: "receiving", partBytes: UPLOAD_PART_BYTES, files: [{ n: 1, bytes: bytes.length, received: 0 }] });
  await own.send(packetId, 1, bytes);
  const summary = dataOf(await own.complete(packetId, [bytes])) as object;
  const inOne = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: dataset(3).toString() })) as object;
  expect(Object.keys(summary).toSorted()).toEqual(Object.keys(inOne).toSorted());
  expect(summary).toMatchObject({ packetId, state: "quarantined", dataset: "DM", sites: ["701"], rows: 3, bytes: bytes.length, ingestedBy: "svc_ingest" });
  expect(await own.standing(packetId)).toMatchObject({ state: "quarantined" });
  expect(dataOf(await api.call("steward", "packets.release", { packetId, reason: "checked against the source" }))).toMatchObject({ subjects: { created: 3 } });
  const records = await at.records(`site:${STUDY}/701`);
  const details = records.filter(({ resource, action }) => resource === packetId && action === "packet.upload").map(({ detail }) => detail ?? "");
  expect(details.filter((detail) => detail.includes("rows="))).toEqual([expect.stringMatching(/;dataset=DM;rows=3;files=1$/)]);
});

test.skipIf(!hasPilot)(
  `several files are one packet, in whatever order they come, accepted or refused whole${hasPilot ? "" : " (skipped: ../shared/data is not there)"}`,
  async () => {
    const files = [pilot("AE"), pilot("DM")].map((text) => Buffer.from(text));
    const send = async (each: readonly Buffer[]): Promise<string> => {
      const packetId = await own.begin(...each);
      await Promise.all(each.map((bytes, index) => own.send(packetId, index + 1, bytes, UPLOAD_CHUNK_BYTES)));
      return packetId;
    };
    const alone = await send([files[0] ?? Buffer.of(), Buffer.from(demographics([{ site: "704", subject: "0001" }]))]);
    const refused = await own.complete(alone, [files[0] ?? Buffer.of(), Buffer.from(demographics([{ site: "704", subject: "0001" }]))]);
    expect([refused.status, JSON.parse(refused.text)]).toMatchObject([
      400,
      { code: "packet.invalid", where: expect.arrayContaining([expect.stringMatching(/^file 1 \(AE\), row 1, column USUBJID/)]) },
    ]);
    dataOf(await api.call("ingest", "packets.abandon", { packetId: alone }));

    const packetId = await send(files);
    const summary = dataOf(await own.complete(packetId, files));
    expect(summary).toMatchObject({
      dataset: "DM+AE",
      sites: ["701", "704"],
      files: [
        { n: 1, dataset: "AE", rows: 287 },
        { n: 2, dataset: "DM" },
      ],
    });
    const released = dataOf(await api.call("steward", "packets.release", { packetId, reason: "checked against the source" })) as { records: { created: number } };
    expect(released.records.created).toBeGreaterThan(287);
  },
);

test("the beginning and the end of an upload are on record, its parts are not, and a refused part is", async () => {
  const bytes = dataset(1, UPLOAD_PART_BYTES + 5);
  const records = async (): Promise<readonly unknown[]> =>
    [...(await at.records("system")), ...(await at.records(`site:${STUDY}/701`))].filter(({ resource }) => resource === packetId).map(({ decision, reason }) => [decision, reason]);
  const packetId = await own.begin(bytes);
  expect(await records()).toEqual([["allow", "allowed"]]);
  await own.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_PART_BYTES));
  await own.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_PART_BYTES));
  expect(await records()).toEqual([["allow", "allowed"]]);
  expect(codeOf(await new UploadSteps(at, api, "ingest701").part({ packetId, file: 1, offset: UPLOAD_PART_BYTES }, bytes.subarray(UPLOAD_PART_BYTES)))).toBe("policy.denied");
  expect(await records()).toEqual([
    ["allow", "allowed"],
    ["deny", "policy.denied:not_theirs"],
  ]);
});

test("nothing that an upload stores, or that is kept for its keys, holds a word of its files or their names", async () => {
  const bytes = dataset(1);
  const named = { study: STUDY, files: [{ name: "Mustermann-Erika.json", bytes: bytes.length }] };
  const { packetId } = dataOf(await api.call("ingest", "packets.begin", named)) as { packetId: string };
  await own.send(packetId, 1, bytes);
  const [row] = await at.owner.run<{ all: string }>`
    SELECT concat((SELECT string_agg(encode(sealed, 'escape'), '') FROM ingress.packet_chunks), (SELECT string_agg(encode(sealed_name, 'escape'), '') FROM ingress.upload_files),
                  (SELECT string_agg(outcome::text, '') FROM boundary.idempotency), (SELECT string_agg(body, '') FROM audit.records)) AS all`;
  expect(row?.all.length).toBeGreaterThan(1000);
  expect(row?.all).not.toMatch(/Mustermann|clinicalData|USUBJID/);
});

test("a part that breaks off at any byte leaves nothing, and the upload goes on where it was", async () => {
  const bytes = dataset(2, 2 * UPLOAD_CHUNK_BYTES + 1000);
  await fc.assert(
    fc.asyncProperty(fc.nat(UPLOAD_CHUNK_BYTES), fc.nat(UPLOAD_CHUNK_BYTES + 999), async (first, second) => {
      const packetId = await own.begin(bytes);
      await cutPart(at, api, { packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_CHUNK_BYTES), Math.min(first, UPLOAD_CHUNK_BYTES - 1));
      expect(await packetsOf(packetId)).toMatchObject({ chunks: 0, received: 0 });
      dataOf(await own.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_CHUNK_BYTES)));
      await cutPart(at, api, { packetId, file: 1, offset: UPLOAD_CHUNK_BYTES }, bytes.subarray(UPLOAD_CHUNK_BYTES), second);
      expect(await packetsOf(packetId)).toMatchObject({ chunks: 1, received: UPLOAD_CHUNK_BYTES });
      await own.send(packetId, 1, bytes);
      dataOf(await own.complete(packetId, [bytes]));
      dataOf(await api.call("steward", "packets.reject", { packetId, reason: "only for a test" }));
    }),
    { numRuns: LONG ? 200 : 8 },
  );
});

test("of two who send the same part at once one is told what is next, and the file is whole", async () => {
  const bytes = dataset(2, 6 * UPLOAD_CHUNK_BYTES);
  const packetId = await own.begin(bytes);
  for (let offset = 0; offset < bytes.length; offset += UPLOAD_CHUNK_BYTES) {
    const part = bytes.subarray(offset, offset + UPLOAD_CHUNK_BYTES);
    const replies = await Promise.all([own.part({ packetId, file: 1, offset }, part), own.part({ packetId, file: 1, offset }, part)]);
    expect(replies.map(codeOf).toSorted()).toEqual(["ok", "packet.offset"]);
    const late = replies.find(({ status }) => status === 409);
    expect(JSON.parse(late?.text ?? "")).toMatchObject({ code: "packet.offset", pillar: "input", next: offset + UPLOAD_CHUNK_BYTES });
  }
  expect(dataOf(await own.complete(packetId, [bytes]))).toMatchObject({ state: "quarantined" });
});

test("an offset that isn't next is answered with the one that is, whatever stands behind it", async () => {
  const bytes = dataset(1, 2 * UPLOAD_PART_BYTES);
  const packetId = await own.begin(bytes);
  for (const offset of [1, UPLOAD_CHUNK_BYTES, UPLOAD_PART_BYTES, 2 * UPLOAD_PART_BYTES]) {
    const reply = await own.part({ packetId, file: 1, offset }, bytes.subarray(0, UPLOAD_CHUNK_BYTES));
    expect([reply.status, JSON.parse(reply.text)]).toMatchObject([409, { code: "packet.offset", next: 0 }]);
  }
  expect(await packetsOf(packetId)).toMatchObject({ chunks: 0, received: 0 });
});

test("a part of a wrong length, of no file, coded, in chunks, or of another type is refused, and nothing of it is kept", async () => {
  const bytes = dataset(1, 2 * UPLOAD_PART_BYTES + 5);
  const packetId = await own.begin(bytes);
  const part = (file: number, body: Uint8Array) => own.part({ packetId, file, offset: 0 }, body);
  expect(codeOf(await part(1, bytes.subarray(0, 0)))).toBe("input.invalid");
  expect(codeOf(await part(1, bytes.subarray(0, 1)))).toBe("input.invalid");
  expect(codeOf(await part(1, bytes.subarray(0, UPLOAD_CHUNK_BYTES - 1)))).toBe("input.invalid");
  expect(codeOf(await part(1, bytes.subarray(0, UPLOAD_CHUNK_BYTES + 1)))).toBe("input.invalid");
  expect(codeOf(await part(1, bytes.subarray(0, UPLOAD_PART_BYTES + 1)))).toBe("input.too_large");
  expect(codeOf(await part(2, bytes.subarray(0, UPLOAD_CHUNK_BYTES)))).toBe("input.invalid");

  const path = `/upload/${packetId}/1/0`;
  const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024), { level: 9 });
  const head = (to: string, ...headers: readonly string[]) => [`POST ${to} HTTP/1.1`, ...headers];
  const octets = "content-type: application/octet-stream";
  for (const [lines, body, status] of [
    [head(path, octets, "content-encoding: gzip", `content-length: ${bomb.length}`), bomb, 415],
    [head(path, octets, "content-encoding: identity", `content-length: ${UPLOAD_CHUNK_BYTES}`), bytes.subarray(0, UPLOAD_CHUNK_BYTES), 415],
    [head(path, "content-type: application/json", `content-length: ${UPLOAD_CHUNK_BYTES}`), bytes.subarray(0, UPLOAD_CHUNK_BYTES), 415],
    [head(path, "content-type: application/octet-stream; charset=utf-8", "content-length: 9"), "123456789", 415],
    [head(path, "content-length: 9"), "123456789", 415],
    [head(path, octets, "transfer-encoding: chunked"), "9\r\n123456789\r\n0\r\n\r\n", 400],
    [head(path, octets, "transfer-encoding: chunked"), `9;${"x".repeat(3000)}=y\r\n123456789\r\n0\r\n\r\n`, 400],
    [head(path, octets, "transfer-encoding: gzip, chunked"), "9\r\n123456789\r\n0\r\n\r\n", 400],
    [head(path, octets), "", 400],
    [head(path, octets, "content-length: 0"), "", 400],
    [head(`/upload/${packetId}/01/0`, octets, "content-length: 9"), "123456789", 404],
    [head(`/upload/${packetId}/1/00`, octets, "content-length: 9"), "123456789", 404],
    [head(`/upload/${packetId}/1/-1`, octets, "content-length: 9"), "123456789", 404],
    [head(`/upload/${packetId}/1/0/`, octets, "content-length: 9"), "123456789", 404],
    [head(`/upload/${packetId.toUpperCase()}/1/0`, octets, "content-length: 9"), "123456789", 404],
    [head(`/upload/../upload/${packetId}/1/0`, octets, "content-length: 9"), "123456789", 404],
    [head("/trpc/packets.part", "content-type: application/json", "content-length: 2"), "{}", 404],
  ] as const)
    expect([lines, (await rawPart(at, api, lines, body)).split("\r\n")[0]]).toEqual([lines, expect.stringMatching(new RegExp(`^HTTP/1.1 ${status} `))]);
  // Both at once, or two lengths, end the connection before anybody looks at them.
  for (const headers of [
    ["content-length: 9", "transfer-encoding: chunked"],
    ["content-length: 9", "content-length: 10"],
  ])
    expect(await rawPart(at, api, head(path, octets, ...headers), "9\r\n123456789\r\n0\r\n\r\n")).not.toContain("200");
  expect(await packetsOf(packetId)).toEqual({ state: "receiving", chunks: 0, received: 0 });
});

test("a principal that is revoked in the middle of an upload is refused at the next part", async () => {
  const bytes = dataset(5, 4 * UPLOAD_PART_BYTES);
  const theirs = new UploadSteps(at, api, "ingest701");
  const packetId = await theirs.begin(bytes);
  const part = (offset: number) => theirs.part({ packetId, file: 1, offset }, bytes.subarray(offset, offset + UPLOAD_CHUNK_BYTES));
  dataOf(await part(0));
  await at.owner.run`UPDATE policy.principals SET status = 'suspended' WHERE id = 'svc_ingest701'`;
  try {
    // What was taken before the api heard of it is kept; each part asks anew.
    await until(async () => (await part((await packetsOf(packetId)).received)).status === 401, 2000);
    expect((await packetsOf(packetId)).received).toBeLessThan(bytes.length);
  } finally {
    await at.owner.run`UPDATE policy.principals SET status = 'active' WHERE id = 'svc_ingest701'`;
  }
  await until(async () => (await theirs.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_CHUNK_BYTES))).status === 409, 2000);
  await theirs.send(packetId, 1, bytes);
  expect(dataOf(await theirs.complete(packetId, [bytes]))).toMatchObject({ state: "quarantined" });
});

test("an upload is completed by what was sent alone: not before, not under other digests, not twice", async () => {
  const bytes = dataset(2, UPLOAD_PART_BYTES + 1);
  const packetId = await own.begin(bytes);
  dataOf(await own.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_PART_BYTES)));
  const early = await own.complete(packetId, [bytes]);
  expect([early.status, JSON.parse(early.text)]).toMatchObject([409, { code: "packet.incomplete", where: ["file 1: not whole"] }]);
  await own.send(packetId, 1, bytes);
  const other = await own.complete(packetId, [bytes.subarray(1)]);
  expect([other.status, JSON.parse(other.text)]).toMatchObject([400, { code: "packet.digest", where: ["file 1: not what was hashed"] }]);
  expect(codeOf(await own.complete(packetId, [bytes, bytes]))).toBe("input.invalid");
  expect(await packetsOf(packetId)).toMatchObject({ state: "receiving" });
  const key = "complete-once-000000";
  const summary = dataOf(await own.complete(packetId, [bytes], key));
  expect(dataOf(await own.complete(packetId, [bytes], key))).toEqual(summary);
  expect(codeOf(await own.complete(packetId, [bytes]))).toBe("packet.state");
  expect(codeOf(await own.part({ packetId, file: 1, offset: bytes.length }, bytes.subarray(0, 1)))).toBe("packet.state");
  expect(codeOf(await api.call("ingest", "packets.abandon", { packetId }))).toBe("packet.state");
});

test("an upload that names a site which isn't the caller's, or one that nobody has, is denied in the same words", async () => {
  const theirs = new UploadSteps(at, api, "ingest701");
  const replies: string[] = [];
  for (const site of ["704", "799"]) {
    const bytes = dataset(1, 0, site);
    const packetId = await new UploadSteps(at, api, "ingest701").begin(bytes);
    await theirs.send(packetId, 1, bytes);
    const reply = await theirs.complete(packetId, [bytes]);
    expect([reply.status, codeOf(reply)]).toEqual([403, "policy.denied"]);
    replies.push(reply.text.replace(/req_[0-9a-z]{26}/, "req"));
    expect(await packetsOf(packetId)).toMatchObject({ state: "receiving" });
    dataOf(await api.call("ingest701", "packets.abandon", { packetId }));
  }
  expect(replies[0]).toBe(replies[1]);
});

test("a dataset that isn't valid is refused with its place, and stays nobody's but its uploader's", async () => {
  const bytes = Buffer.from(dataset(1).toString().replace('"YEARS"', "7"));
  const packetId = await own.begin(bytes);
  await own.send(packetId, 1, bytes);
  const reply = await own.complete(packetId, [bytes]);
  expect([reply.status, JSON.parse(reply.text)]).toMatchObject([400, { code: "packet.invalid", where: [expect.stringContaining("column AGEU")] }]);
  for (const procedure of ["packets.get", "packets.release", "packets.reject"]) {
    const reason = procedure === "packets.get" ? {} : { reason: "tried by another" };
    expect(codeOf(await api.call("steward", procedure, { packetId, ...reason }))).toBe("policy.denied");
  }
  expect(JSON.stringify(dataOf(await api.call("steward", "packets.list", { limit: 500 })))).not.toContain(packetId);
});

test("an uploader sees the own unfinished uploads alone, has eight at most, and may give one up, whose bytes are removed", async () => {
  await using fresh = await deployment().then(async (other) => ({ at: other, api: await other.serve(), [Symbol.asyncDispose]: () => other.close() }));
  const theirs = new UploadSteps(fresh.at, fresh.api, "ingest701");
  const bytes = dataset(1, UPLOAD_CHUNK_BYTES + 1);
  const ids: string[] = [];
  for (let n = 0; n < 8; n += 1) ids.push(await theirs.begin(bytes));
  const begin = () => fresh.api.call("ingest701", "packets.begin", { study: STUDY, files: [{ name: "a", bytes: 1 }] });
  expect(codeOf(await begin())).toBe("packet.unfinished");
  const listed = async (who: "ingest" | "ingest701") =>
    (dataOf(await fresh.api.call(who, "packets.unfinished", {})) as { items: { packetId: string }[] }).items.map(({ packetId }) => packetId);
  expect((await listed("ingest701")).toSorted()).toEqual(ids.toSorted());
  expect(await listed("ingest")).toEqual([]);
  const [packetId = ""] = ids;
  dataOf(await theirs.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_CHUNK_BYTES)));
  expect(dataOf(await fresh.api.call("ingest701", "packets.abandon", { packetId }))).toEqual({ packetId, state: "abandoned" });
  expect(codeOf(await theirs.part({ packetId, file: 1, offset: UPLOAD_CHUNK_BYTES }, bytes.subarray(UPLOAD_CHUNK_BYTES)))).toBe("packet.state");
  dataOf(await begin());
  expect(dataOf(await fresh.api.call("steward701", "packets.list", { state: "abandoned" }))).toMatchObject({ items: [{ packetId, state: "abandoned", dataset: "-", rows: 0 }] });
  await fresh.api.close();
});

test("what nobody completes within a day is given up on record, its bytes are removed, and a younger one goes on", async () => {
  const bytes = dataset(1, 2 * UPLOAD_PART_BYTES);
  const [old, young] = [await own.begin(bytes), await own.begin(bytes)];
  for (const packetId of [old, young]) dataOf(await own.part({ packetId, file: 1, offset: 0 }, bytes.subarray(0, UPLOAD_PART_BYTES)));
  await at.owner.run`ALTER TABLE ingress.packets DISABLE TRIGGER decide_once`;
  await at.owner.run`UPDATE ingress.packets SET began_at_ms = began_at_ms - 86400000 WHERE id = ${old}`;
  await at.owner.run`ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER decide_once`;
  const events: string[] = [];
  const rounds = new UploadRounds({ sweep: uploadSweep(api.database), trail: api.process.trail, log: { event: (name) => events.push(name) }, isFrozen: () => false });
  // Twice, as it runs by the clock, and at two nodes at once.
  await Promise.all([rounds.run(), rounds.run()]);
  await rounds.run();
  expect([await packetsOf(old), await packetsOf(young), events]).toMatchObject([{ state: "abandoned", chunks: 0 }, { state: "receiving", chunks: 4 }, []]);
  expect((await at.records("system")).filter(({ resource, reason }) => resource === old && reason === "expired")).toMatchObject([
    { principal: "api", decision: "note", detail: "by=svc_ingest" },
  ]);
  expect(codeOf(await own.part({ packetId: old, file: 1, offset: UPLOAD_PART_BYTES }, bytes.subarray(UPLOAD_PART_BYTES)))).toBe("packet.state");
});

test("an id of nothing is as good as another's for every step", async () => {
  const packetId = newId("pkt");
  for (const [procedure, more] of [
    ["packets.progress", {}],
    ["packets.complete", { files: [{ n: 1, sha256: "0".repeat(64) }] }],
    ["packets.abandon", {}],
    ["packets.part", { file: 1, offset: 0 }],
  ] as const)
    expect([procedure, codeOf(await api.call("ingest", procedure, { packetId, ...more }))]).toEqual([procedure, "policy.denied"]);
  await completed(dataset(1));
});
