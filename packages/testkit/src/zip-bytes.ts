import { crc32, deflateRawSync } from "node:zlib";

/** An entry as a test wants it written; what isn't said is as an honest writer has it. */
export interface ZipPart {
  readonly name: string | Buffer;
  readonly content?: Buffer | string;
  readonly method?: number;
  readonly flags?: number;
  readonly attributes?: number;
  /** What stands in the file instead of the deflated content. */
  readonly deflated?: Buffer;
  /** What is announced, in both headers. */
  readonly size?: number;
  readonly crc?: number;
  /** What the entry's own header says otherwise than the directory. */
  readonly own?: { readonly name?: string; readonly crc?: number; readonly size?: number };
  readonly extra?: Buffer;
  /** Where the directory says that the entry lies. */
  readonly at?: number;
  /** Sizes after the content, and none before it. */
  readonly described?: boolean;
}

/** Bytes that stand where none should. */
export interface ZipOdds {
  readonly before?: Buffer;
  readonly between?: Buffer;
  readonly beforeDirectory?: Buffer;
  readonly comment?: Buffer;
  readonly after?: Buffer;
  readonly entries?: number;
}

const UTF8 = 0x0800;
const DESCRIBED = 0x0008;

/** Writes a zip archive by hand (APPNOTE 4.3), faults included. */
export function zipOf(parts: readonly ZipPart[], odds: ZipOdds = {}): Buffer {
  const written: Buffer[] = [odds.before ?? Buffer.alloc(0)];
  const listed: Buffer[] = [];
  const length = (): number => written.reduce((sum, each) => sum + each.length, 0);
  for (const part of parts) {
    const at = part.at ?? length() - (odds.before?.length ?? 0);
    const { own, directory } = entryOf(part, at);
    written.push(own, odds.between ?? Buffer.alloc(0));
    listed.push(directory);
  }
  written.push(odds.beforeDirectory ?? Buffer.alloc(0));
  const from = length();
  const directory = Buffer.concat(listed);
  const comment = odds.comment ?? Buffer.alloc(0);
  const end = numbers(
    [4, 0x0605_4b50],
    [2, 0],
    [2, 0],
    [2, odds.entries ?? parts.length],
    [2, odds.entries ?? parts.length],
    [4, directory.length],
    [4, from],
    [2, comment.length],
  );
  return Buffer.concat([...written, directory, end, comment, odds.after ?? Buffer.alloc(0)]);
}

function entryOf(part: ZipPart, at: number): { readonly own: Buffer; readonly directory: Buffer } {
  const name = Buffer.from(part.name as string);
  const content = Buffer.from((part.content ?? "") as string);
  const method = part.method ?? 8;
  const body = part.deflated ?? (method === 8 ? deflateRawSync(content) : content);
  const flags = part.flags ?? UTF8 | (part.described === true ? DESCRIBED : 0);
  const [crc, size, extra] = [part.crc ?? crc32(content), part.size ?? content.length, part.extra ?? Buffer.alloc(0)];
  const ownName = part.own?.name === undefined ? name : Buffer.from(part.own.name);
  const sums = part.described === true ? [0, 0, 0] : [part.own?.crc ?? crc, body.length, part.own?.size ?? size];
  const fields = (values: readonly (number | undefined)[]): readonly Width[] => values.map((value) => [4, value ?? 0]);
  const own = numbers([4, 0x0403_4b50], [2, 20], [2, flags], [2, method], [2, 0], [2, 0x5a21], ...fields(sums), [2, ownName.length], [2, extra.length]);
  const descriptor = part.described === true ? numbers([4, 0x0807_4b50], ...fields([crc, body.length, size])) : Buffer.alloc(0);
  const directory = numbers(
    [4, 0x0201_4b50],
    [2, 0x0314],
    [2, 20],
    [2, flags],
    [2, method],
    [2, 0],
    [2, 0x5a21],
    ...fields([crc, body.length, size]),
    [2, name.length],
    [2, extra.length],
    [2, 0],
    [2, 0],
    [2, 0],
    [4, part.attributes ?? (String(part.name).endsWith("/") ? 0o040755 : 0o100644) * 0x1_0000],
    [4, at],
  );
  return { own: Buffer.concat([own, ownName, extra, body, descriptor]), directory: Buffer.concat([directory, name, extra]) };
}

type Width = readonly [bytes: 2 | 4, value: number];

function numbers(...values: readonly Width[]): Buffer {
  const buffer = Buffer.alloc(values.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of values) at = buffer.writeUIntLE(value, at, bytes);
  return buffer;
}
