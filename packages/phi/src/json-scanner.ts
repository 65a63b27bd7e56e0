/** Where a text stops being the JSON that we take. The fault is a fixed sentence; nothing of the text is in it. */
export class JsonFault extends Error {
  readonly at: number;
  readonly fault: string;
  /** How far had been read when it showed. Where that is near the end of a text of which more is to come, it may be no fault at all. */
  readonly reached: number;

  constructor(at: number, fault: string, reached = at) {
    super(fault);
    this.name = "JsonFault";
    this.at = at;
    this.fault = fault;
    this.reached = reached;
  }
}

/** No fault is found by looking more code units ahead of where it shows than these. */
export const LOOK_AHEAD = 6;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const DIGITS_MAX = 17;
const ESCAPED = new Set(Array.from('"\\/bfnrt', (character) => character.charCodeAt(0)));

/**
 * Walks a text by the grammar of RFC 8259 and refuses what JSON.parse lets pass: a key given twice, `__proto__` as a key,
 * a lone surrogate, nesting deeper than `depthMax`, and numbers that a double can't hold. One pass, nothing built but the
 * keys of the objects that are open, so it is linear in the text.
 *
 * Whoever walks a text that comes in pieces takes it part by part: {@link place} puts the scanner on what is there of it.
 */
export class JsonScanner {
  readonly #depthMax: number;
  #text = "";
  #at = 0;
  #depth = 0;

  constructor(depthMax: number) {
    this.#depthMax = depthMax;
  }

  get at(): number {
    return this.#at;
  }

  get depth(): number {
    return this.#depth;
  }

  /** Goes on from here: `depth` objects and lists are open. */
  place(text: string, at: number, depth: number): void {
    this.#text = text;
    this.#at = at;
    this.#depth = depth;
  }

  /** One value, and nothing behind it. @throws JsonFault */
  value(): void {
    switch (this.peek()) {
      case 0x7b:
        return this.#object();
      case 0x5b:
        return this.#array();
      case QUOTE:
        return this.#string();
      case 0x74:
        return this.#word("true");
      case 0x66:
        return this.#word("false");
      case 0x6e:
        return this.#word("null");
      default:
        return this.#number();
    }
  }

  /** The value's text. @throws JsonFault */
  valueText(): string {
    const start = this.#at;
    this.value();
    return this.#text.slice(start, this.#at);
  }

  /** A member's key with the colon behind it; `taken` are those of the object that were given before. @throws JsonFault */
  key(taken: ReadonlySet<string>): string {
    const start = this.#at;
    if (this.peek() !== QUOTE) this.fail("a key is expected");
    this.#string();
    const key = this.#keyAt(start);
    if (taken.has(key)) this.fail("a key is given twice", start);
    if (key === "__proto__") this.fail("a key is not allowed", start);
    this.space();
    this.take(0x3a, "a colon is expected");
    this.space();
    return key;
  }

  #object(): void {
    this.enter();
    const keys = new Set<string>();
    this.space();
    if (this.peek() === 0x7d) return this.leave();
    for (;;) {
      this.space();
      keys.add(this.key(keys));
      this.value();
      this.space();
      if (this.peek() === 0x7d) return this.leave();
      this.take(0x2c, "a comma or the end of the object is expected");
    }
  }

  /** A key's meaning, not its spelling: an escaped letter is the same letter. */
  #keyAt(start: number): string {
    const raw = this.#text.slice(start + 1, this.#at - 1);
    return raw.includes("\\") ? (JSON.parse(`"${raw}"`) as string) : raw;
  }

  #array(): void {
    this.enter();
    this.space();
    if (this.peek() === 0x5d) return this.leave();
    for (;;) {
      this.space();
      this.value();
      this.space();
      if (this.peek() === 0x5d) return this.leave();
      this.take(0x2c, "a comma or the end of the list is expected");
    }
  }

  #string(): void {
    const text = this.#text;
    let at = this.#at + 1;
    let isHigh = false;
    for (;;) {
      let code = text.charCodeAt(at);
      const start = at;
      if (code === QUOTE) break;
      if (Number.isNaN(code)) throw new JsonFault(this.#at, "a string has no end", at);
      if (code < 0x20) this.fail("a control character in a string", at);
      at += 1;
      if (code === BACKSLASH) {
        const kind = text.charCodeAt(at);
        at += 1;
        if (kind === 0x75) {
          code = hexAt(text, at);
          if (code < 0) this.fail("an escape that is none", start);
          at += 4;
        } else if (!ESCAPED.has(kind)) this.fail("an escape that is none", start);
      }
      const isLow = code >= 0xdc00 && code <= 0xdfff;
      if (isLow !== isHigh) this.fail("half of a surrogate pair", start);
      isHigh = code >= 0xd800 && code <= 0xdbff;
    }
    if (isHigh) this.fail("half of a surrogate pair", at - 1);
    this.#at = at + 1;
  }

  #number(): void {
    const start = this.#at;
    if (this.peek() === 0x2d) this.#at += 1;
    const whole = this.#at;
    const wholeDigits = this.#digits();
    if (wholeDigits === 0) this.fail("a value is expected", start);
    if (wholeDigits > 1 && this.#text.charCodeAt(whole) === 0x30) this.fail("a number with a leading zero", start);
    let fraction = 0;
    if (this.peek() === 0x2e) {
      this.#at += 1;
      fraction = this.#digits();
      if (fraction === 0) this.fail("a number without its fraction", start);
    }
    const hasExponent = (this.peek() | 0x20) === 0x65;
    if (hasExponent) {
      this.#at += 1;
      if (this.peek() === 0x2b || this.peek() === 0x2d) this.#at += 1;
      if (this.#digits() === 0) this.fail("a number without its exponent", start);
    }
    if (!hasExponent && wholeDigits + fraction < 16) return;
    const text = this.#text.slice(start, this.#at);
    const value = Number(text);
    const isInteger = fraction === 0 && !hasExponent;
    if (!Number.isFinite(value) || significantDigits(text) > DIGITS_MAX || (isInteger && !Number.isSafeInteger(value))) this.fail("a number that can't be held exactly", start);
  }

  #digits(): number {
    const start = this.#at;
    for (let code = this.peek(); code >= 0x30 && code <= 0x39; code = this.peek()) this.#at += 1;
    return this.#at - start;
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.fail("a value is expected");
    this.#at += word.length;
  }

  /** White space, as far as it goes. */
  space(): void {
    for (let code = this.peek(); code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09; code = this.peek()) this.#at += 1;
  }

  /** White space, but for the end of a line. */
  lineSpace(): void {
    for (let code = this.peek(); code === 0x20 || code === 0x0d || code === 0x09; code = this.peek()) this.#at += 1;
  }

  /** Past the bracket that opens an object or a list. @throws JsonFault where it is one too deep. */
  enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#depthMax) this.fail("nested too deeply");
    this.#at += 1;
  }

  /** Past the bracket that closes one. */
  leave(): void {
    this.#depth -= 1;
    this.#at += 1;
  }

  /** Past this code unit. @throws JsonFault */
  take(code: number, fault: string): void {
    if (this.peek() !== code) this.fail(fault);
    this.#at += 1;
  }

  /** The next code unit; NaN at the end of the text, which equals nothing. */
  peek(): number {
    return this.#text.charCodeAt(this.#at);
  }

  /** @throws JsonFault always. */
  fail(fault: string, at = this.#at): never {
    throw new JsonFault(at, fault, Math.max(at, this.#at));
  }
}

/** The digits of a number that say more than where its point is. */
const significantDigits = (text: string): number => (text.split(/e/i)[0] ?? "").replace(/[-.]/g, "").replace(/^0+/, "").length;

const HEX = /^[0-9A-Fa-f]{4}$/;

/** The code unit of four hex digits, or -1. */
function hexAt(text: string, at: number): number {
  const digits = text.slice(at, at + 4);
  return HEX.test(digits) ? Number.parseInt(digits, 16) : -1;
}
