import { crc32 } from "node:zlib";
import { pdfOf, zipOf } from "@sallyport/testkit";
import { expect, test } from "vitest";
import type { DocumentSource } from "./document.ts";
import { inspectDocument } from "./inspect-document.ts";

const MIB = 1024 * 1024;
/** A gigabyte is read for half a minute; as XML, with a tag in each line, for two. */
const SIZE = (process.env["SALLYPORT_TEST_LONG"] === undefined ? 200 : 1024) * MIB;
const XML_SIZE = SIZE / 20;
const GROWTH_MAX = 96 * MIB;

/** A file that is made as it is read: a head, a block again and again, and an end. */
function madeOf(head: Buffer, block: Buffer, times: number, end: Buffer): DocumentSource {
  const bytes = head.length + block.length * times + end.length;
  const pieceAt = (at: number): Buffer => {
    if (at < head.length) return head.subarray(at);
    const inside = at - head.length;
    return inside < block.length * times ? block.subarray(inside % block.length) : end.subarray(inside - block.length * times);
  };
  const read = (from: number, length: number): Buffer => {
    const into = Buffer.alloc(length);
    for (let done = 0; done < length; ) done += pieceAt(from + done).copy(into, done);
    return into;
  };
  return {
    bytes,
    read: (from, length) => Promise.resolve(read(from, length)),
    async *open() {
      for (let at = 0; at < bytes; at += 256 * 1024) yield read(at, Math.min(256 * 1024, bytes - at));
    },
  };
}

const BLOCK = Buffer.alloc(MIB, "0123456789abcdef /Name (text) <b/>\n");

function pdf(): DocumentSource {
  const marks = pdfOf(["<< /Length 0 >>\nstream\nHERE\nendstream"]);
  const at = marks.indexOf("HERE");
  const startsAt = marks.indexOf("xref\n");
  const end = marks
    .subarray(at + 4)
    .toString("latin1")
    .replace(/startxref\n\d+/, `startxref\n${startsAt - 4 + SIZE}`);
  return madeOf(marks.subarray(0, at), BLOCK, SIZE / MIB, Buffer.from(end, "latin1"));
}

function zip(): DocumentSource {
  let crc = 0;
  for (let n = 0; n < SIZE / MIB; n += 1) crc = crc32(BLOCK, crc);
  const empty = zipOf([{ name: "large", method: 0, crc, size: SIZE }]);
  const directory = empty.indexOf("PK\u0001\u0002");
  const head = Buffer.from(empty.subarray(0, directory));
  const end = Buffer.from(empty.subarray(directory));
  head.writeUInt32LE(SIZE, 18);
  end.writeUInt32LE(SIZE, 20);
  end.writeUInt32LE(directory + SIZE, end.length - 6);
  return madeOf(head, BLOCK, SIZE / MIB, end);
}

const xml = (): DocumentSource => madeOf(Buffer.from("<a>"), Buffer.from(BLOCK.toString().replaceAll("\n", " ")), XML_SIZE / MIB, Buffer.from("</a>"));

test.each([
  [SIZE / MIB, "a PDF", pdf],
  [SIZE / MIB, "a zip archive", zip],
  [XML_SIZE / MIB, "XML", xml],
])(
  `%d MiB as %s are read in bounded memory, and whatever else waits has its turn`,
  async (_mib, _kind, make) => {
    const source = make();
    const before = process.memoryUsage().rss;
    let [most, turns] = [before, 0];
    const timer = setInterval(() => {
      turns += 1;
      most = Math.max(most, process.memoryUsage().rss);
    }, 10);
    const { sha256 } = await inspectDocument(source);
    clearInterval(timer);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((most - before) / MIB).toBeLessThan(GROWTH_MAX / MIB);
    expect(turns).toBeGreaterThan(5);
  },
  300_000,
);
