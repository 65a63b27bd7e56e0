/** How a value was spelled where it was found. */
export type Spelling = "raw" | "utf16" | "base64" | "hex";

/** A byte string to look for, and what finding it means. */
export interface Needle {
  readonly canary: string;
  readonly spelling: Spelling;
  readonly bytes: Buffer;
}

const HASH_BYTES = 4;

/** Every byte string that shows a value without further decoding. */
export function needlesOf(canary: string): readonly Needle[] {
  const raw = Buffer.from(canary, "utf8");
  if (raw.length < 8) throw new RangeError("a canary under 8 bytes is found by chance");
  const of = (spelling: Spelling, bytes: Buffer): Needle => ({ canary, spelling, bytes });
  const hex = raw.toString("hex");
  const needles = [of("raw", raw), of("utf16", Buffer.from(canary, "utf16le")), of("hex", Buffer.from(hex)), of("hex", Buffer.from(hex.toUpperCase()))];
  for (let before = 0; before < 3; before += 1) {
    const middle = base64Middle(raw, before);
    needles.push(of("base64", Buffer.from(middle)), of("base64", Buffer.from(middle.replaceAll("+", "-").replaceAll("/", "_"))));
  }
  return needles;
}

/** The base64 digits that depend on the value alone when so many bytes (0 to 2) stand before it in its group of three. */
function base64Middle(raw: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), raw]).toString("base64");
  return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + raw.length) * 8) / 6));
}

/** Looks for many byte strings in one pass: by their first two bytes, then by four, then whole. */
export class NeedleIndex {
  readonly #starts = new Uint8Array(65_536);
  readonly #byHead = new Map<number, Needle[]>();

  constructor(needles: readonly Needle[]) {
    for (const needle of needles) {
      const head = needle.bytes.readUInt32LE(0);
      this.#starts[head & 0xffff] = 1;
      const same = this.#byHead.get(head);
      if (same === undefined) this.#byHead.set(head, [needle]);
      else same.push(needle);
    }
  }

  /** Every needle in the bytes, with its offset; one that occurs twice is answered twice. */
  find(bytes: Buffer): readonly { readonly needle: Needle; readonly offset: number }[] {
    const found: { needle: Needle; offset: number }[] = [];
    for (let offset = 0; offset + HASH_BYTES <= bytes.length; offset += 1) {
      if (this.#starts[(bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8)] === 0) continue;
      for (const needle of this.#byHead.get(bytes.readUInt32LE(offset)) ?? []) {
        if (needle.bytes.equals(bytes.subarray(offset, offset + needle.bytes.length))) found.push({ needle, offset });
      }
    }
    return found;
  }
}
