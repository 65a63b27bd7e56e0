/** Of a header, and what every file is filled up to. */
export const BLOCK_BYTES = 512;
const [NAME_BYTES, PREFIX_BYTES, PREFIX_AT, TYPE_AT, SUM_AT, SIZE_AT] = [100, 155, 345, 156, 148, 124];

const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, "0")}\0`;

/**
 * The header of a plain file in a POSIX ustar archive (IEEE 1003.1-2017, pax, "ustar Interchange Format"), in the one form of docs/spec/sealed-packet-v1.md, section 4:
 * mode 0644, owner and group 0 without names, time 0. The same path and length always give the same 512 bytes.
 *
 * @throws RangeError for a path that can't be divided into a name and a prefix.
 */
export function tarHeader(path: string, bytes: number): Buffer {
  const [prefix, name] = divided(path);
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, "latin1");
  header.write(`${octal(0o644, 7)}${octal(0, 7)}${octal(0, 7)}${octal(bytes, 11)}${octal(0, 11)}        0`, NAME_BYTES, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(prefix, PREFIX_AT, "latin1");
  header.write(`${sumOf(header).toString(8).padStart(6, "0")}\0 `, SUM_AT, "latin1");
  return header;
}

const sumOf = (header: Uint8Array): number => header.reduce((sum, byte) => sum + byte, 0);

/** The longest name that fits, so that there is one division. */
function divided(path: string): readonly [prefix: string, name: string] {
  if (path.length <= NAME_BYTES) return ["", path];
  const at = path.indexOf("/", path.length - NAME_BYTES - 1);
  if (at === -1 || at > PREFIX_BYTES) throw new RangeError("a path that no header holds");
  return [path.slice(0, at), path.slice(at + 1)];
}

/** What a header says that isn't as it should be, as far as it can be read: for naming what is wrong, and for nothing else. */
export interface ForeignHeader {
  readonly path: string;
  readonly bytes: number;
  readonly type: "file" | "link" | "other";
}

/** Reads a header that isn't the one that was due; null where it is none at all. */
export function readForeignHeader(header: Buffer): ForeignHeader | null {
  const said = Number.parseInt(header.toString("latin1", SUM_AT, SUM_AT + 6), 8);
  const blank = Buffer.from(header).fill(0x20, SUM_AT, SUM_AT + 8);
  if (said !== sumOf(blank)) return null;
  const text = (from: number, length: number): string => header.toString("utf8", from, from + length).replace(/\0.*$/s, "");
  const bytes = Number.parseInt(text(SIZE_AT, 12).trim() || "0", 8);
  const type = header.toString("latin1", TYPE_AT, TYPE_AT + 1);
  const prefix = text(PREFIX_AT, PREFIX_BYTES);
  const path = text(0, NAME_BYTES);
  if (!Number.isSafeInteger(bytes) || bytes < 0) return null;
  return { path: prefix === "" ? path : `${prefix}/${path}`, bytes, type: type === "0" || type === "\0" ? "file" : type === "1" || type === "2" ? "link" : "other" };
}

/** Zeros that fill a file of so many bytes up to a whole block. */
export const paddingOf = (bytes: number): number => (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;

/** What an archive ends with. */
export const TAR_END = Buffer.alloc(2 * BLOCK_BYTES);
