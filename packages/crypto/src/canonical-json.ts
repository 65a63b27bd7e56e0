const DEPTH_MAX = 256;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * The one byte form of a JSON value (RFC 8785): members in order of UTF-16 code units, no white space, ECMAScript numbers.
 *
 * Stricter than `JSON.stringify`, which drops or converts what JSON can't hold: here it is refused, so two different
 * values never have the same canonical form by omission. Plain objects and arrays only, at most 256 deep.
 *
 * @throws TypeError for `undefined`, functions, symbols, bigints, non-finite numbers, lone surrogates (in UTF-8 they would
 * all collapse to U+FFFD), holes in arrays, class instances, objects with `toJSON` and cycles.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return writeString(value);
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("a number that is not finite has no canonical form");
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      if (value === null) return "null";
      if (depth === DEPTH_MAX) throw new TypeError("a value that is nested too deeply, or in itself, has no canonical form");
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
    case "bigint":
    case "function":
    case "symbol":
    case "undefined":
      throw new TypeError(`a ${typeof value} has no canonical form`);
  }
}

function writeString(text: string): string {
  if (LONE_SURROGATE.test(text)) throw new TypeError("a lone surrogate has no canonical form");
  return JSON.stringify(text);
}

function writeArray(items: readonly unknown[], depth: number): string {
  if ("toJSON" in items) throw new TypeError("an object with toJSON has no canonical form");
  let out = "[";
  for (let index = 0; index < items.length; index += 1) out += (index === 0 ? "" : ",") + write(items[index], depth);
  return `${out}]`;
}

function writeObject(object: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError("an instance of a class has no canonical form");
  const members = object as Readonly<Record<string, unknown>>;
  if (typeof members["toJSON"] === "function") throw new TypeError("an object with toJSON has no canonical form");
  if (Object.getOwnPropertySymbols(object).length > 0) throw new TypeError("a symbol has no canonical form");
  let out = "{";
  for (const key of Object.keys(members).sort()) out += `${out === "{" ? "" : ","}${writeString(key)}:${write(members[key], depth)}`;
  return `${out}}`;
}
