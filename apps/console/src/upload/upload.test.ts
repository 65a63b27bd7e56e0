import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WireFailure } from "../api/wire-failure.ts";
import { matched, whyNot } from "./chosen-files.ts";
import { beginsAsDocument, declaredOf, isNamedDocument, whatIsMissing, WHOLE } from "./document-choice.ts";
import { FileReading, type LocalFile } from "./file-reader.ts";
import { type UploadLine, UploadRun } from "./upload-run.ts";
import { timeLeftText, UploadSpeed } from "./upload-speed.ts";

const CHUNK = 262_144;
const PACKET = `pkt_${"0".repeat(26)}`;

/** A file in memory that counts how much of it is asked for at once. */
function localFile(bytes: Uint8Array, name = "DM.json"): LocalFile & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    name,
    size: bytes.length,
    asked,
    slice: (from, to) => ({
      arrayBuffer: async () => {
        asked.push(to - from);
        return bytes.slice(from, to).buffer;
      },
    }),
  };
}

const bytesOf = (length: number, seed: number): Uint8Array => Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 17) % 251);
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** An api that keeps what it gets, part by part in order, and fails where it is told to. */
function fakeLine(partBytes = CHUNK) {
  const stored = new Map<number, Uint8Array>();
  const log: string[] = [];
  const failures: WireFailure[] = [];
  let digests: readonly string[] = [];
  const answers: Record<string, (input: never) => unknown> = {
    "packets.begin": ({ files }: { files: { bytes: number }[] }) => ({
      packetId: PACKET,
      study: "S",
      state: "receiving",
      beganAt: "",
      expiresAt: "",
      partBytes,
      files: files.map(({ bytes }, at) => ({ n: at + 1, bytes, received: 0 })),
    }),
    "packets.complete": ({ files }: { files: { sha256: string }[] }) => {
      digests = files.map(({ sha256 }) => sha256);
      return { packetId: PACKET, state: "quarantined" };
    },
    "packets.abandon": () => ({ packetId: PACKET, state: "abandoned" }),
  };
  const line: UploadLine = {
    call: async (path, input) => {
      log.push(path);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return answers[path]?.(input as never) as never;
    },
    part: async ({ n, offset, bytes }, signal) => {
      signal.throwIfAborted();
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      const had = stored.get(n) ?? new Uint8Array();
      if (offset === had.length) stored.set(n, Uint8Array.from([...had, ...bytes]));
      return stored.get(n)?.length ?? 0;
    },
    now: () => 0,
    pause: async () => undefined,
  };
  return { line, stored, log, failures, digests: () => digests };
}

describe("a file that is read piece by piece", () => {
  test("has the digest of its bytes, whichever pieces were asked for and however often", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 5000 }),
        fc.array(fc.tuple(fc.nat(5000), fc.integer({ min: 1, max: 900 })), { maxLength: 12 }),
        async (bytes, reads) => {
          const reading = new FileReading(localFile(bytes));
          for (const [at, length] of reads) {
            const offset = at % bytes.length;
            expect([...(await reading.read(offset, length))]).toEqual([...bytes.subarray(offset, offset + length)]);
          }
          expect(await reading.sha256(700)).toBe(digestOf(bytes));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is never asked for more than a piece at once", async () => {
    const file = localFile(bytesOf(10_000, 1));
    const reading = new FileReading(file);
    await reading.read(9000, 512);
    await reading.sha256(512);
    expect(Math.max(...file.asked)).toBeLessThanOrEqual(512);
  });
});

describe("an upload", () => {
  const contents = [bytesOf(CHUNK * 2 + 5, 1), bytesOf(10, 2), bytesOf(CHUNK, 3), bytesOf(CHUNK + 1, 4), bytesOf(7, 5)];

  test("brings every byte of every file, and says their digests in the files' order", async () => {
    const api = fakeLine();
    const run = new UploadRun(
      "S",
      contents.map((bytes) => localFile(bytes)),
      api.line,
    );
    await run.run();
    expect([run.phase, run.sent, run.packet?.packetId]).toEqual(["done", run.bytes, PACKET]);
    for (const [at, bytes] of contents.entries()) expect(digestOf(api.stored.get(at + 1) ?? new Uint8Array())).toBe(digestOf(bytes));
    expect(api.digests()).toEqual(contents.map(digestOf));
    expect(api.log).toEqual(["packets.begin", "packets.complete"]);
  });

  test("goes on where the api is, and digests what isn't sent again", async () => {
    const api = fakeLine();
    const [bytes = new Uint8Array()] = contents;
    api.stored.set(1, bytes.slice(0, CHUNK));
    const unfinished = {
      packetId: PACKET,
      study: "S",
      state: "receiving" as const,
      beganAt: "",
      expiresAt: "",
      partBytes: CHUNK,
      files: [{ n: 1, bytes: bytes.length, received: CHUNK }],
    };
    const run = new UploadRun("S", [localFile(bytes)], api.line, unfinished);
    await run.run();
    expect(run.phase).toBe("done");
    expect([...(api.stored.get(1) ?? [])]).toEqual([...bytes]);
    expect(api.digests()).toEqual([digestOf(bytes)]);
    expect(api.log).toEqual(["packets.complete"]);
  });

  test("takes the api's word for which offset is next, and outlives what passes by itself", async () => {
    const api = fakeLine();
    const [bytes = new Uint8Array()] = contents;
    api.stored.set(1, bytes.slice(0, CHUNK * 2));
    api.failures.push(new WireFailure("service.busy"), new WireFailure("connection.lost"));
    const run = new UploadRun("S", [localFile(bytes)], api.line);
    await run.run();
    expect([run.phase, run.failure]).toEqual(["done", null]);
    expect([...(api.stored.get(1) ?? [])]).toEqual([...bytes]);
    expect(api.digests()).toEqual([digestOf(bytes)]);
  });

  test("that can't become a packet says where the fault is, and gives up what was sent", async () => {
    const api = fakeLine();
    const where = ["file 1 (DM), row 12, column AGE: not an integer"];
    const call = api.line.call;
    const line: UploadLine = {
      ...api.line,
      call: async (path, input, options) => {
        if (path === "packets.complete") throw new WireFailure("packet.invalid", "req_1", where);
        return await call(path, input, options);
      },
    };
    const run = new UploadRun("S", [localFile(bytesOf(9, 1))], line);
    await run.run();
    expect([run.phase, run.failure?.where]).toEqual(["failed", where]);
    expect(api.log).toEqual(["packets.begin", "packets.abandon"]);
  });

  test("sends nothing while it is paused, and all of it afterwards", async () => {
    const api = fakeLine();
    const [bytes = new Uint8Array()] = contents;
    const run = new UploadRun("S", [localFile(bytes)], api.line);
    const stop = run.subscribe(() => {
      if (run.sent === CHUNK) run.pause();
    });
    const ended = run.run();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([run.phase, api.stored.get(1)?.length]).toEqual(["paused", CHUNK]);
    stop();
    run.resume();
    await ended;
    expect([run.phase, api.digests()]).toEqual(["done", [digestOf(bytes)]]);
  });

  test("that is cancelled sends no more, and is given up at the api", async () => {
    const api = fakeLine();
    const run = new UploadRun("S", [localFile(contents[0] ?? new Uint8Array())], api.line);
    let isAsked = false;
    run.subscribe(() => {
      if (run.sent === CHUNK && !isAsked) {
        isAsked = true;
        void run.cancel();
      }
    });
    await run.run();
    expect([run.phase, api.stored.get(1)?.length, api.log]).toEqual(["cancelled", CHUNK, ["packets.begin", "packets.abandon"]]);
  });
});

describe("files for a packet", () => {
  test("are one to twenty, none empty, no more than two gibibytes together, and named as files are", () => {
    const file = (size: number, name = "AE.json") => ({ size, name });
    expect(whyNot([file(1)])).toBeNull();
    expect(whyNot([])).toBe("Choose at least one file.");
    expect(whyNot(Array.from({ length: 21 }, () => file(1)))).toContain("20 files at most");
    expect(whyNot([file(5), file(0)])).toBe("File 2 is empty.");
    expect(whyNot([file(2 ** 31), file(1)])).toContain("2 GiB");
    for (const name of ["a/b", "a\nb", ""]) expect(whyNot([file(1, name)])).toContain("File 1 has a name");
  });

  test("are found again by their sizes, in the order in which they were begun", () => {
    const begun = { files: [5, 9, 5].map((bytes, at) => ({ n: at + 1, bytes, received: 0 })) };
    const [a, b, c] = [{ size: 9 }, { size: 5 }, { size: 5 }];
    expect(matched(begun, [a, b, c])).toEqual([b, a, c]);
    expect(matched(begun, [a, b])).toBeNull();
    expect(matched(begun, [a, a, b])).toBeNull();
  });
});

test("the time that is left is told from the last seconds, and not before there is something to tell", () => {
  const speed = new UploadSpeed();
  speed.note(0, 0);
  expect(speed.perSecond).toBeNull();
  speed.note(2000, 4_000_000);
  expect(speed.perSecond).toBe(2_000_000);
  speed.note(11_000, 5_000_000);
  speed.note(13_000, 5_200_000);
  expect(speed.perSecond).toBe(100_000);
  expect([timeLeftText(4_000_000, 100_000), timeLeftText(60_000_000, 100_000), timeLeftText(9_000_000_000, 100_000)]).toEqual([
    "about 40 s left",
    "about 10 min left",
    "about 25 h left",
  ]);
  expect(timeLeftText(1, null)).toBeNull();
});

describe("a document among the files", () => {
  const chosen = (type: "" | "irb_correspondence", site: string) => ({ isDocument: true, type, site }) as const;
  const dataset = { isDocument: false, type: "", site: "" } as const;

  test("is told by how it begins, or by its name until it was looked at", async () => {
    const begins = (text: string) => beginsAsDocument(localFile(new TextEncoder().encode(text)));
    expect(await Promise.all(["%PDF-1.7\n", "PK\u0003\u0004", "\uFEFF <a/>", "<?xml?>", '{"rows":[]}', "", "a<b"].map(begins))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(["a.PDF", "index.xml", "0001.zip", "DM.json", "pdf"].map((name) => isNamedDocument({ name }))).toEqual([true, true, true, false, false]);
  });

  test("is sent when a person has said what it is and where it belongs, and not before", () => {
    expect(whatIsMissing([dataset, chosen("", "701")])).toBe("File 2 is a document: choose what it is.");
    expect(whatIsMissing([chosen("irb_correspondence", "")])).toBe("File 1 is a document: choose where it belongs.");
    expect(whatIsMissing([dataset, chosen("irb_correspondence", WHOLE)])).toBeNull();
    expect([dataset, chosen("irb_correspondence", "701"), chosen("irb_correspondence", WHOLE)].map(declaredOf)).toEqual([
      null,
      { type: "irb_correspondence", site: "701" },
      { type: "irb_correspondence", site: null },
    ]);
  });
});
