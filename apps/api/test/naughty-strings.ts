import { readVectors } from "@sallyport/testkit";

/** Strings that have broken programs, where the list is beside the repository; and a few of our own everywhere. No two are the same. */
export const NAUGHTY: readonly string[] = [
  ...new Set([
    ..."\u0000 \u001b[2J \u202edrawkcab \ufeff \ufffe \u{10ffff} e\u0301 \u00e9 \u2028 NaN -0 1e999 [object\u00a0Object] ﷽".split(" "),
    "line\nbreak",
    "'; DROP TABLE phi.subjects; --",
    "=HYPERLINK(1)",
    " padded ",
    "ß".repeat(300),
    ...(JSON.parse(readVectors("blns/blns.json")?.toString("utf8") ?? "[]") as string[]),
  ]),
];

/** So many at a time, the last group being what is left. */
export const inGroups = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
