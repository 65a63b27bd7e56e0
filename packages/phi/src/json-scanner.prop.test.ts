import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonFault, JsonScanner } from "./json-scanner.ts";

function scanned(text: string): unknown {
  const scanner = new JsonScanner(64);
  scanner.place(text, 0, 0);
  scanner.space();
  const value = scanner.valueText();
  scanner.space();
  if (scanner.at < text.length) scanner.fail("something follows the value");
  return JSON.parse(value) as unknown;
}
const strictly = (text: string): { readonly taken: boolean; readonly value?: unknown } => {
  try {
    return { taken: true, value: scanned(text) };
  } catch (error) {
    if (error instanceof JsonFault) return { taken: false };
    throw error;
  }
};
const loosely = (text: string): { readonly taken: boolean; readonly value?: unknown } => {
  try {
    return { taken: true, value: JSON.parse(text) as unknown };
  } catch {
    return { taken: false };
  }
};

/** JSON.stringify writes some doubles as integers that only look exact; these are refused on purpose. */
const isHeld = (one: unknown): boolean => {
  if (typeof one === "number") return !Number.isInteger(one) || Number.isSafeInteger(one) || Math.abs(one) >= 1e21;
  return typeof one !== "object" || one === null || Object.values(one).every(isHeld);
};
const value = fc.jsonValue({ maxDepth: 5 }).filter((one) => isHeld(one) && !JSON.stringify(one).includes("__proto__"));

test("whatever JSON.stringify writes is read as JSON.parse reads it", () => {
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, "\t", "\r\n"), (one, space) => {
      const text = JSON.stringify(one, null, space);
      expect(strictly(text)).toEqual({ taken: true, value: JSON.parse(text) as unknown });
    }),
    { numRuns: 2_000 },
  );
});

test("nothing is taken that JSON.parse refuses, and what both take is the same", () => {
  const characters = fc.array(fc.constantFrom(...Array.from('{}[]:,"\\ \n\t0123456789.-+eEtruefalsnabc\u00e9/u'), "\\u0041", "true", "null", '"a"', '"b":', "1e5", "-0"), {
    maxLength: 14,
  });
  let taken = 0;
  fc.assert(
    fc.property(characters, (parts) => {
      const text = parts.join("");
      const strict = strictly(text);
      const loose = loosely(text);
      if (strict.taken) {
        taken += 1;
        expect(loose).toEqual(strict);
      }
    }),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(100);
});

test("one character changed in a good text is judged as JSON.parse judges it, but for what is refused on purpose", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), fc.nat(), fc.constantFrom(...Array.from('{}[]:,"\\ 0123456789.-eEtfn\u0000\n')), (text, seed, character) => {
      const at = seed % (text.length + 1);
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      const strict = strictly(changed);
      const loose = loosely(changed);
      if (strict.taken) expect(loose).toEqual(strict);
      else if (loose.taken) expect(isRefusedOnPurpose(changed)).toBe(true);
    }),
    { numRuns: 10_000 },
  );
});

/** Written apart from the scanner: a repetition, a half pair, `__proto__` or a number that changes when it is read. */
function isRefusedOnPurpose(text: string): boolean {
  if (/\\u[dD][89a-fA-F]|\p{Surrogate}|__proto__/u.test(text)) return true;
  const outside = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  const isUnheld = (number: string) =>
    !Number.isFinite(Number(number)) ||
    (number.split(/[eE]/)[0] ?? "").replace(/[-.]/g, "").replace(/^0+/, "").length > 17 ||
    (/^-?\d+$/.test(number) && !Number.isSafeInteger(Number(number)));
  if ((outside.match(/-?\d[\d.eE+-]*/g) ?? []).some(isUnheld)) return true;
  let keys = 0;
  JSON.parse(text, function count(this: unknown, key: string, one: unknown) {
    if (key !== "" && !Array.isArray(this)) keys += 1;
    return one;
  });
  const colons = (text.replace(/"(?:[^"\\]|\\.)*"/g, '""').match(/:/g) ?? []).length;
  return colons > keys;
}
