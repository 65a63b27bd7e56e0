import { z } from "zod";

/** One of each form that a text in an input may have; the first that a schema takes is its sample. */
const TEXTS = [
  "checked against the source",
  "PILOT",
  "701",
  "DM.SUBJID",
  "1",
  "site:PILOT/701",
  "2026-01-01T00:00:00.000Z",
  "2026-01-01",
  "0".repeat(64),
  "A".repeat(43),
  "A".repeat(44),
  "BCDF-GHJK",
  "a.person",
  "cdisc-sdtm",
  "000000",
  "clinical_reviewer",
  "{}",
  "USA",
  "deployment",
  "somebody@site.example",
  "/packets",
  "kek-1",
  "0000",
  "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
  ...[
    "pkt",
    "sub",
    "per",
    "prn",
    "lck",
    "ses",
    "aut",
    "apr",
    "idn",
    "req",
    "doc",
    "pol",
    "emg",
    "arv",
    "inc",
    "alr",
    "atr",
    "svs",
    "sig",
    "rcp",
    "sbm",
    "spk",
    "obx",
    "rte",
    "spl",
  ].map((prefix) => `${prefix}_${"0".repeat(26)}`),
];

/**
 * An input that a schema takes, with every optional part there. Throws where no sample is known for a part, so that a new form of text
 * is noticed by the tests that send inputs of every kind.
 */
export function sampleOf(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return sampleOf(schema.unwrap());
  if (schema instanceof z.ZodObject) return Object.fromEntries(Object.entries(schema.shape).map(([name, part]) => [name, sampleOf(part)]));
  if (schema instanceof z.ZodArray) return [sampleOf(schema.element)];
  if (schema instanceof z.ZodUnion) return sampleOf(schema.options[0]);
  if (schema instanceof z.ZodRecord) return {};
  if (schema instanceof z.ZodEnum) return schema.options[0];
  if (schema instanceof z.ZodLiteral) return [...schema.values][0];
  if (schema instanceof z.ZodNumber) return [1, 100].find((value) => schema.safeParse(value).success);
  if (schema instanceof z.ZodBoolean) return true;
  if (schema instanceof z.ZodType) {
    const text = TEXTS.find((each) => schema.safeParse(each).success);
    if (text !== undefined) return text;
  }
  throw new TypeError(
    `no sample is known for ${JSON.stringify(schema instanceof z.ZodType ? schema.def : schema, (_, value: unknown) => (value instanceof RegExp ? String(value) : value)).slice(0, 300)}`,
  );
}

/** Every place in a sample where a text stands. */
export function textPlaces(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value === "string") return [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) => textPlaces(part, [...at, Array.isArray(value) ? Number(name) : name]));
}

/** Every object in a sample, the whole included. */
export function objectPlaces(value: unknown, at: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.entries(value).flatMap(([name, part]) => objectPlaces(part, [...at, Array.isArray(value) ? Number(name) : name]));
  return Array.isArray(value) ? inner : [at, ...inner];
}

/** A copy of `value` in which the part at a place is what `change` makes of it. */
export function changedAt(value: unknown, [next, ...rest]: readonly (string | number)[], change: (part: unknown) => unknown): unknown {
  if (next === undefined) return change(value);
  if (Array.isArray(value)) return value.map((part: unknown, index) => (index === next ? changedAt(part, rest, change) : part));
  return Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, name === next ? changedAt(part, rest, change) : (part as unknown)]));
}
