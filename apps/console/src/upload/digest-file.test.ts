import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { digestFile } from "./digest-file.ts";
import type { LocalFile } from "./file-reader.ts";

const MIB = 1024 * 1024;
const bytes = Buffer.alloc(9 * MIB, "evidence ");
const file = (of: Uint8Array): LocalFile => ({ name: "copy.dump", size: of.length, slice: (from, to) => new Blob([of.slice(from, to) as Uint8Array<ArrayBuffer>]) });

test("a file is digested as it is, however many pieces it has, and how far that is is told", async () => {
  const read: number[] = [];
  const digest = await digestFile(file(bytes), (done) => read.push(done), new AbortController().signal);
  expect(digest).toEqual({ sha256: createHash("sha256").update(bytes).digest("hex"), bytes: bytes.length });
  expect(read).toEqual([0, 4 * MIB, 8 * MIB]);
  expect(await digestFile(file(Buffer.alloc(0)), () => undefined, new AbortController().signal)).toEqual({ sha256: createHash("sha256").digest("hex"), bytes: 0 });
});

test("one that is left out is read no further", async () => {
  const ended = new AbortController();
  const reading = digestFile(file(bytes), (done) => done > 0 && ended.abort(), ended.signal);
  await expect(reading).rejects.toThrow(expect.objectContaining({ name: "AbortError" }) as Error);
});

test("one that the browser can't read any more is told", async () => {
  const gone: LocalFile = { name: "gone", size: 5, slice: () => ({ arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) }) };
  await expect(digestFile(gone, () => undefined, new AbortController().signal)).rejects.toThrow("gone");
});
