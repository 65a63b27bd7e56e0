import type { FieldValue } from "./dataset.ts";
import type { Classification } from "./ports.ts";
import type { VariableRule } from "./profile.ts";

const AGE_MAX = 89;
const YEAR = /^\d{4}$/;
const DECIMAL = /^\d{1,3}(\.\d{1,10})?$/;

/**
 * What a value is by itself, whatever its variable is: PHI where it is one of the identifiers that a rule over variables can't see
 * (45 CFR 164.514(b)(2)(i)(C)). An age is one above 89, and where it isn't a plain number; a date where it is finer than a year,
 * and where its year is so long ago that it tells such an age. Nothing given is nothing told.
 */
export function classOfValue({ kind }: Pick<VariableRule, "kind">, value: FieldValue, year: number): Classification {
  if (value === null || value === "") return "public";
  if (kind === "age") return isPlainAge(value) ? "public" : "phi";
  if (kind === "date") return isPlainYear(value, year) ? "public" : "phi";
  return kind === "free_text" ? "phi" : "public";
}

const isPlainAge = (value: FieldValue): boolean => {
  const age = typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
  return typeof age === "number" && age >= 0 && age <= AGE_MAX;
};

/** Somebody who was born in the year 90 before this one is 90 in it, or 89. */
const isPlainYear = (value: FieldValue, year: number): boolean => typeof value === "string" && YEAR.test(value) && Number(value) > year - AGE_MAX - 1;
