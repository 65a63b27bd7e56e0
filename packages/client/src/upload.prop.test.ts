import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SallyportClientError } from "./client-error.ts";
import { type Connection, connectWith } from "./connect.ts";
import type { Pace } from "./retry.ts";
import { testDeployment, type TestDeployment } from "./testing/deployment.ts";
import { type Arrived, listen, type Listener, ok, type Reply, token, wire } from "./testing/listener.ts";
import type { UploadStanding } from "./upload.ts";

const PACKET = "pkt_00000000000000000000000000";
const PART = 64;
/** Time without the waits: each pause is counted as if it had been waited for. */
const impatient = (): Pace => {
  let waitedMs = 0;
  return {
    now: () => performance.now() + waitedMs,
    random: () => 0,
    sleep: (ms) => {
      waitedMs += ms;
      return Promise.resolve();
    },
  };
};

/** What may become of a request for a part. */
const FATES = ["taken", "lost", "taken and lost", "busy", "limited", "cut", "stale"] as const;
type Fate = (typeof FATES)[number];

/** The upload of one packet as the api has it, whose answers a test may spoil. */
class FakeUpload {
  readonly files: { readonly bytes: number; content: string }[];
  readonly fates: Fate[];
  digests: readonly string[] = [];
  abandoned = false;
  largest = 0;
  completes: Reply[] = [];
  state = "receiving";
  readonly keys: string[] = [];

  constructor(sizes: readonly number[], fates: readonly Fate[] = []) {
    this.files = sizes.map((bytes) => ({ bytes, content: "" }));
    this.fates = [...fates];
  }

  progress(state = this.state): object {
    const at = new Date(0).toISOString();
    const files = this.files.map(({ bytes, content }, index) => ({ n: index + 1, bytes, received: content.length }));
    return { packetId: PACKET, study: "S1", state, beganAt: at, expiresAt: at, partBytes: PART, files };
  }

  readonly answer = ({ path, body, key }: Arrived): Reply => {
    if (key !== undefined) this.keys.push(key);
    if (path === "/trpc/packets.begin" || path === "/trpc/packets.progress") return ok(this.progress());
    if (path === "/trpc/packets.abandon") {
      this.abandoned = true;
      return ok({ packetId: PACKET, state: "abandoned" });
    }
    if (path === "/trpc/packets.complete") {
      this.digests = (JSON.parse(body) as { files: { sha256: string }[] }).files.map(({ sha256 }) => sha256);
      return this.completes.shift() ?? ok({ packetId: PACKET, state: "quarantined" });
    }
    const [, n, offset] = /^\/upload\/pkt_0{26}\/(\d+)\/(\d+)$/.exec(path) ?? [];
    const file = this.files[Number(n) - 1];
    if (file === undefined) return wire(404, "input.not_found");
    const fate = this.fates.shift() ?? "taken";
    if (fate === "lost") return "reset";
    if (fate === "busy") return wire(503, "service.busy");
    if (fate === "limited") return wire(429, "service.limited");
    if (fate === "stale") return wire(401, "token.time");
    if (fate === "cut") return wire(400, "input.invalid", { where: ["body: not whole"] });
    if (file.content.length !== Number(offset)) return wire(409, "packet.offset", { next: file.content.length });
    this.largest = Math.max(this.largest, body.length);
    file.content += body;
    return fate === "taken" ? ok({ received: file.content.length }) : "reset";
  };
}

let deployment: TestDeployment;
let folder: string;
let listener: Listener;
let connection: Connection;
let upload: FakeUpload;
beforeEach(async () => {
  deployment = testDeployment();
  folder = mkdtempSync(join(tmpdir(), "sallyport-upload-"));
  listener = await listen(deployment.apiIdentity(), (request) => (request.path === "/token" ? token() : upload.answer(request)));
  deployment.pointAt(listener.port);
  connection = connectWith({ profile: deployment.profile }, impatient());
});
afterEach(async () => {
  await connection.close();
  await listener.stop();
  deployment.remove();
  rmSync(folder, { recursive: true, force: true });
});

const textOf = (length: number): string => Array.from({ length }, (_, at) => String.fromCharCode(97 + ((at * 7) % 26))).join("");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const failureOf = async (work: Promise<unknown>): Promise<SallyportClientError> => {
  const failure: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(SallyportClientError);
  return failure as SallyportClientError;
};
async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

test("whatever becomes of the parts on their way, the api has the files as they are, each byte once, and their digests", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 4 * PART }), { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom(...FATES), { maxLength: 12 }),
      fc.integer({ min: 1, max: 2 * PART }),
      async (sizes, fates, pieces) => {
        // Two stale tokens one after the other are a refusal.
        upload = new FakeUpload(
          sizes,
          fates.filter((fate, at) => fate !== "stale" || fates.indexOf("stale") === at),
        );
        const texts = sizes.map((size) => textOf(size));
        const packet = await connection.upload({ study: "S1", files: texts.map((text, at) => ({ name: `${at}.json`, size: text.length, stream: inPieces(text, pieces) })) });
        expect(packet).toMatchObject({ state: "quarantined" });
        expect(upload.files.map(({ content }) => content)).toEqual(texts);
        expect(upload.digests).toEqual(texts.map(sha256));
        expect(upload.largest).toBeLessThanOrEqual(PART);
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

test("a path, bytes, a Blob and a stream are sent alike, and the progress only grows", async () => {
  const text = textOf(3 * PART + 5);
  writeFileSync(join(folder, "dm.json"), text);
  for (const file of [
    { path: join(folder, "dm.json") },
    { name: "dm.json", bytes: Buffer.from(text) },
    { name: "dm.json", blob: new Blob([text]) },
    { name: "dm.json", size: text.length, stream: inPieces(text, 10) },
  ]) {
    upload = new FakeUpload([text.length]);
    const told: UploadStanding[] = [];
    await connection.upload({ study: "S1", files: [file], onProgress: (standing) => void told.push(standing) });
    expect(upload.files[0]?.content).toBe(text);
    expect(told.map(({ received }) => received)).toEqual([0, 64, 128, 192, 197, 197]);
    expect(told.map(({ phase }) => phase)).toEqual([...Array<string>(5).fill("sending"), "checking"]);
  }
  expect(JSON.parse(listener.to("/trpc/packets.begin")[0]?.body ?? "")).toEqual({ study: "S1", files: [{ name: "dm.json", bytes: text.length }] });
});

test("an upload that was begun is gone on with where it broke off, and hashed from the beginning", async () => {
  const text = textOf(4 * PART);
  upload = new FakeUpload([text.length]);
  const stop = new AbortController();
  const onProgress = ({ received }: UploadStanding): void => {
    if (received >= 2 * PART) stop.abort(new Error("enough"));
  };
  await expect(connection.upload({ study: "S1", files: [{ name: "a", bytes: Buffer.from(text) }], onProgress, signal: stop.signal })).rejects.toThrow("enough");
  expect(upload.files[0]?.content).toBe(text.slice(0, 2 * PART));
  const sentBefore = listener.arrived.filter(({ path }) => path.startsWith("/upload/")).length;
  await connection.upload({ packet: PACKET, files: [{ name: "a", bytes: Buffer.from(text) }] });
  expect(upload.files[0]?.content).toBe(text);
  expect(upload.digests).toEqual([sha256(text)]);
  expect(listener.arrived.filter(({ path }) => path.startsWith("/upload/")).length - sentBefore).toBe(2);
});

test("files that aren't as long as when it was begun, or as was said, are not gone on with", async () => {
  upload = new FakeUpload([9]);
  expect(await failureOf(connection.upload({ packet: PACKET, files: [{ name: "a", bytes: Buffer.alloc(8) }] }))).toMatchObject({ code: "input.invalid", packetId: PACKET });
  for (const size of [8, 10]) {
    upload = new FakeUpload([size]);
    const failure = await failureOf(connection.upload({ study: "S1", files: [{ name: "a", size, stream: inPieces(textOf(9), 4) }] }));
    expect(failure).toMatchObject({ code: "packet.incomplete", packetId: PACKET });
  }
});

test("completing is repeated with the same key while it is at work, and a packet that can't be mended is given up", async () => {
  upload = new FakeUpload([9]);
  upload.completes = [wire(503, "service.busy"), "reset", wire(503, "service.busy")];
  await connection.upload({ study: "S1", files: [{ name: "a", bytes: Buffer.alloc(9, "a") }] });
  expect(new Set(listener.to("/trpc/packets.complete").map(({ key }) => key)).size).toBe(1);
  expect(upload.abandoned).toBe(false);
  for (const [status, code, where] of [
    [400, "packet.invalid", ["row 1, column AGE: not an integer"]],
    [400, "packet.digest", ["file 1: not what was hashed"]],
    [403, "policy.denied", undefined],
  ] as const) {
    upload = new FakeUpload([9]);
    upload.completes = [wire(status, code, where === undefined ? {} : { where })];
    const failure = await failureOf(connection.upload({ study: "S1", files: [{ name: "a", bytes: Buffer.alloc(9, "a") }] }));
    expect([failure.code, failure.where, failure.packetId, upload.abandoned]).toEqual([code, where, PACKET, true]);
  }
});

test("an api that takes nothing for longer than the caller's patience ends it, and the upload can be gone on with", async () => {
  upload = new FakeUpload([9], Array<Fate>(500).fill("busy"));
  const failure = await failureOf(connection.upload({ study: "S1", files: [{ name: "a", bytes: Buffer.alloc(9, "a") }], patienceMs: 60_000 }));
  expect([failure.code, failure.packetId, upload.abandoned]).toEqual(["service.busy", PACKET, false]);
});

test("an upload with a key of the caller's is repeated with the same keys, and one that is completed sends nothing and answers again", async () => {
  const text = textOf(2 * PART + 3);
  const sent = async () =>
    await connection.upload({ study: "S1", idempotencyKey: "delivery-00000000000000000001", files: [{ name: "dm.json", size: text.length, stream: inPieces(text, 50) }] });
  upload = new FakeUpload([text.length]);
  await sent();
  const first = [...upload.keys];
  expect(first).toEqual(["delivery-00000000000000000001-begin", "delivery-00000000000000000001-end"]);
  upload.state = "quarantined";
  const before = upload.files[0]?.content;
  expect(await sent()).toMatchObject({ packetId: PACKET, state: "quarantined" });
  expect([upload.keys.slice(2), upload.files[0]?.content, upload.digests]).toEqual([first, before, [sha256(text)]]);
  // What was given up is no upload any more.
  upload.state = "abandoned";
  expect((await failureOf(sent())).code).toBe("packet.state");
});
