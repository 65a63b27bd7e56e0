import { SallyportError } from "@sallyport/errors";

const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const HEADER_BYTES = 19;
const NULL_LENGTH = -1;
const TRAILER = -1;
const TRAILER_BYTES = 2;

/**
 * Cuts the bytes of `COPY … (FORMAT binary)` into rows of columns, as they arrive. The fastest way out of Postgres, and
 * unlike text it has no separator that a tampered value could hold.
 *
 * @throws SallyportError `service.unavailable` where the stream ends before its trailer.
 */
export async function* copyRows(stream: AsyncIterable<Buffer>): AsyncGenerator<readonly (readonly Buffer[])[]> {
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;
  let isComplete = false;
  for await (const chunk of stream) {
    // Read to its end also after the trailer: a stream that is left early leaves the driver's socket paused for the next statement.
    if (isComplete) continue;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (!isStarted) {
      if (rest.length < HEADER_BYTES) continue;
      if (!rest.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new SallyportError("service.unavailable", { copy: "signature" });
      at = HEADER_BYTES + rest.readInt32BE(HEADER_BYTES - 4);
      isStarted = true;
    }
    const rows: Buffer[][] = [];
    for (;;) {
      const end = rowEnd(rest, at);
      if (end === undefined) break;
      if (end === TRAILER) {
        isComplete = true;
        break;
      }
      rows.push(columnsOf(rest, at));
      at = end;
    }
    rest = rest.subarray(at);
    if (rows.length > 0) yield rows;
  }
  if (!isComplete) throw new SallyportError("service.unavailable", { copy: "ended early" });
}

/**
 * The bytes of all rows of `COPY … (FORMAT binary)` as they arrive, without what stands before the first and behind the last.
 *
 * @throws SallyportError as {@link copyRows}.
 */
export async function* copyBytes(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!isStarted) {
      if (rest.length < HEADER_BYTES) continue;
      if (!rest.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw new SallyportError("service.unavailable", { copy: "signature" });
      rest = rest.subarray(HEADER_BYTES + rest.readInt32BE(HEADER_BYTES - 4));
      isStarted = true;
    }
    // The trailer may be what came last.
    if (rest.length <= TRAILER_BYTES) continue;
    yield rest.subarray(0, -TRAILER_BYTES);
    rest = rest.subarray(-TRAILER_BYTES);
  }
  if (rest.length !== TRAILER_BYTES || rest.readInt16BE() !== TRAILER) throw new SallyportError("service.unavailable", { copy: "ended early" });
}

/** Where the row at `at` ends; undefined where it is not all there, TRAILER where it is the end of the copy. */
function rowEnd(bytes: Buffer, at: number): number | undefined {
  if (bytes.length < at + 2) return undefined;
  const count = bytes.readInt16BE(at);
  if (count === TRAILER) return TRAILER;
  let end = at + 2;
  for (let n = 0; n < count; n += 1) {
    if (bytes.length < end + 4) return undefined;
    const length = bytes.readInt32BE(end);
    end += 4 + Math.max(length, 0);
    if (bytes.length < end) return undefined;
  }
  return end;
}

function columnsOf(bytes: Buffer, at: number): Buffer[] {
  const columns: Buffer[] = [];
  let next = at + 2;
  for (let n = bytes.readInt16BE(at); n > 0; n -= 1) {
    const length = bytes.readInt32BE(next);
    const start = next + 4;
    next = start + Math.max(length, 0);
    if (length !== NULL_LENGTH) columns.push(bytes.subarray(start, next));
  }
  return columns;
}

/** COPY takes no parameters: whether what goes into its text can't leave a literal. */
export const fitsCopy = (texts: readonly string[], numbers: readonly number[]): boolean => texts.every((text) => !/['\\]/.test(text)) && numbers.every(Number.isSafeInteger);
