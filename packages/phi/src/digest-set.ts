import { randomInt } from "node:crypto";
import { sha256 } from "@sallyport/crypto";

const WORDS = 3;
const BITS_MIN = 4;
const FULL = 0.75;
/** Each grows by itself, so that no growth takes long: what looks through a file must not keep everybody else waiting. */
const SHARD_BITS = 8;

/** Spreads numbers over the slots; taken anew in each process, so that nobody can choose numbers that all meet in one. */
const SPREAD = randomInt(2 ** 31) * 2 + 1;

/**
 * Which texts, or which whole numbers, were seen, in 16 to 32 bytes each: a number as it is, a text by 95 bits of its SHA-256. Of a
 * million texts, two pass for equal with a probability of 10⁻¹⁷.
 */
export class DigestSet {
  readonly #shards = Array.from({ length: 2 ** SHARD_BITS }, (): Shard | null => null);

  /** Adds a text; false if it was there already. */
  add(text: string): boolean {
    const digest = sha256(text);
    return this.#put(digest.readUInt32LE(0), digest.readUInt32LE(4), (digest.readUInt32LE(8) | 1) >>> 0);
  }

  /** Adds a whole number; false if it was there already. */
  addNumber(number: number): boolean {
    // A bijection of 53 bits and the sign, with the spread in the word whose first bits choose shard and slot.
    const high = Math.floor(number / 2 ** 32);
    const low = number - high * 2 ** 32;
    return this.#put(Math.imul(low ^ Math.imul(high, SPREAD), SPREAD) >>> 0, high >>> 0, 1);
  }

  #put(first: number, second: number, third: number): boolean {
    return (this.#shards[first >>> (32 - SHARD_BITS)] ??= new Shard()).put(first, second, third);
  }
}

/** Open addressing; a slot of zeros is empty, and no digest is. */
class Shard {
  #bits = BITS_MIN;
  #slots = new Uint32Array(2 ** BITS_MIN * WORDS);
  #count = 0;

  put(first: number, second: number, third: number): boolean {
    if (this.#count >= 2 ** this.#bits * FULL) this.#grow();
    const slots = this.#slots;
    const mask = 2 ** this.#bits - 1;
    for (let slot = (first << SHARD_BITS) >>> (32 - this.#bits); ; slot = (slot + 1) & mask) {
      const at = slot * WORDS;
      if (slots[at + 2] === 0) {
        slots[at] = first;
        slots[at + 1] = second;
        slots[at + 2] = third;
        this.#count += 1;
        return true;
      }
      if (slots[at] === first && slots[at + 1] === second && slots[at + 2] === third) return false;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#bits += 1;
    this.#slots = new Uint32Array(2 ** this.#bits * WORDS);
    this.#count = 0;
    for (let at = 0; at < old.length; at += WORDS) if (old[at + 2] !== 0) this.put(old[at] ?? 0, old[at + 1] ?? 0, old[at + 2] ?? 0);
  }
}
