import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeFrame, FRAME_BYTES_MAX, type Frame, FrameReader } from "./frame.ts";

const frames = fc.array(fc.record({ id: fc.integer({ min: 0, max: 0xffffffff }), tag: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 300 }) }), {
  maxLength: 12,
});

test("frames come out as they went in, however the stream is cut", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 20 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(({ id, tag, payload }) => encodeFrame(id, tag, Buffer.from(payload))));
      const reader = new FrameReader();
      const got: Frame[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const end = at + (cuts[turn % cuts.length] as number);
        got.push(...reader.push(stream.subarray(at, end)));
        at = end;
      }
      expect(got.map(({ id, tag, payload }) => [id, tag, [...payload]])).toEqual(sent.map(({ id, tag, payload }) => [id, tag, [...payload]]));
    }),
  );
});

test("a text payload is framed as its UTF-8 bytes", () => {
  const [frame] = new FrameReader().push(encodeFrame(1, 2, "é"));
  expect(frame?.payload).toEqual(Buffer.from("é", "utf8"));
});

test.each([0, 4, FRAME_BYTES_MAX + 1, 0xffffffff])("a length of %i is refused before anything is buffered", (length) => {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(length);
  expect(() => new FrameReader().push(prefix)).toThrow("verb.invalid");
});

test("a frame that no reader takes is not made", () => {
  expect(() => encodeFrame(1, 1, Buffer.alloc(FRAME_BYTES_MAX))).toThrow("verb.invalid");
});
