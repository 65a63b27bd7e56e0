import { readFileSync } from "node:fs";
import { MOVE_STEPS } from "@sallyport/custody/roots";
import { expect, test } from "vitest";
import { KILL_MOMENTS, RING_KILLS } from "../test/ring-kills.ts";

const ROOT = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const RINGS = { "key-encryption ring": "kek", "audit ring": "audit", "token ring": "token", "signing ring": "sign", authority: "ca" } as const;

interface Row {
  readonly rotation: string;
  readonly points: readonly string[];
  readonly moments: number;
  readonly path: string;
}

/** Rows of a part's table in docs/rotation-kills.md. */
const rowsOf = (title: string): readonly Row[] =>
  (
    read("docs/rotation-kills.md")
      .split(/^## /m)
      .find((part) => part.startsWith(title)) ?? ""
  )
    .split("\n")
    .filter((line) => line.startsWith("| ") && line.includes("`"))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .map((cells) => ({
      rotation: cells[1] ?? "",
      points: [...(cells[2] ?? "").matchAll(/`([^`]+)`/g)].map(([, point = ""]) => point),
      moments: Number(cells.at(-3)),
      path: cells.at(-2) ?? "",
    }));
const killed = rowsOf("Processes that are killed");
const cut = rowsOf("Files that are cut");

test("the table has each point at which the test of rings, and that of the root key, kills a process", () => {
  const stated = killed
    .filter(({ path }) => path.endsWith("/ring-kills.int.test.ts"))
    .flatMap(({ rotation, points, moments }) => points.map((point) => `${RINGS[rotation as keyof typeof RINGS]} ${point} ${moments}`));
  expect(stated).toEqual([...new Set(RING_KILLS.map(({ ring, step }) => `${ring} ${step} ${KILL_MOMENTS.length}`))]);
  expect(killed.find(({ rotation }) => rotation === "root key")?.points).toEqual(MOVE_STEPS);
});

test("every other point is one that its test names", () => {
  for (const { rotation, points, path } of [...killed, ...cut]) {
    if (/\/(?:ring-kills\.int|move-root\.fault)\.test\.ts$/.test(path)) continue;
    const source = read(path);
    expect([rotation, points.length > 0, points.filter((point) => !new RegExp(`["\`]${point}["\`]|[}] ${point}["\`]`).test(source))]).toEqual([rotation, true, []]);
  }
});

test("processes are killed at forty points and more", () => {
  expect([killed.length, cut.length]).toEqual([10, 6]);
  expect(killed.reduce((sum, { points, moments }) => sum + points.length * moments, 0)).toBeGreaterThanOrEqual(40);
});
