import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

/** Rows of the table in docs/rotation-kills.md. */
const rows = read("docs/rotation-kills.md")
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("`"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, rotation = "", points = "", places = "", path = ""]) => ({
    rotation,
    points: [...points.matchAll(/`([^`]+)`/g)].map(([, point = ""]) => point),
    places: Number(places),
    path,
  }));

test("every point of the table is one that its test names", () => {
  for (const { rotation, points, path } of rows) {
    const source = read(path);
    expect([rotation, points.filter((point) => !new RegExp(`["\`]${point}["\`]|[}] ${point}["\`]`).test(source))]).toEqual([rotation, []]);
  }
});

test("rotations are killed at forty places and more", () => {
  expect(rows).toHaveLength(11);
  expect(rows.reduce((sum, { points, places }) => sum + points.length * places, 0)).toBeGreaterThanOrEqual(40);
});
