import { describe, expect, test } from "vitest";
import { matrixOf, readMatrixFilter, writeMatrixFilter } from "./matrix.ts";
import { nextCell } from "./matrix-keys.ts";
import { cellIn, grantText, type PolicyContent } from "./policy-content.ts";
import { indicesWith } from "./use-cells-in-sight.ts";

const AXES = { actions: ["packet.read", "packet.release", "phi.read"], resources: ["packet", "subject_phi"] };
const CLASSES = ["public", "regulatory", "phi", "treatment"];
const EVERYTHING = { roles: "", acts: "", isWhole: false };
const role = (name: string) => ({ name, description: "For a test.", assignableBy: ["steward"] });
const POLICY: PolicyContent = {
  title: "Test",
  roles: [role("steward"), role("reviewer"), role("idle")],
  grants: [
    { id: "r1", role: "reviewer", action: "phi.read", resource: "subject_phi", fields: { readable: ["public", "phi"], masked: ["regulatory"] } },
    { id: "s1", role: "steward", action: "packet.release", resource: "packet", conditions: { signedInBy: "passkey" } },
    { id: "s2", role: "steward", action: "packet.read", resource: "packet" },
  ],
  separation: [],
};

describe("the matrix of a policy", () => {
  test("has every role, and the rows that somebody is allowed, in the order of the closed lists", () => {
    const { roles, acts, grantAt } = matrixOf(POLICY, AXES, EVERYTHING);
    expect(roles.map(({ name }) => name)).toEqual(["steward", "reviewer", "idle"]);
    expect(acts).toEqual([
      { action: "packet.read", resource: "packet" },
      { action: "packet.release", resource: "packet" },
      { action: "phi.read", resource: "subject_phi" },
    ]);
    expect(grantAt({ role: "steward", action: "packet.read", resource: "packet" })?.id).toBe("s2");
    expect(grantAt({ role: "reviewer", action: "packet.read", resource: "packet" })).toBeUndefined();
  });

  test("has every act on every thing where the whole of it is asked for", () => {
    expect(matrixOf(POLICY, AXES, { ...EVERYTHING, isWhole: true }).acts).toHaveLength(6);
  });

  test("shows of roles those that hold one of the words, and of rows those that hold each, and only what those roles are allowed", () => {
    expect(matrixOf(POLICY, AXES, { ...EVERYTHING, roles: "steward, idle" }).roles.map(({ name }) => name)).toEqual(["steward", "idle"]);
    expect(matrixOf(POLICY, AXES, { ...EVERYTHING, roles: "review" }).acts).toEqual([{ action: "phi.read", resource: "subject_phi" }]);
    expect(matrixOf(POLICY, AXES, { ...EVERYTHING, acts: "packet read" }).acts).toEqual([{ action: "packet.read", resource: "packet" }]);
  });

  test("keeps the row of a right that a draft takes away", () => {
    const less = { ...POLICY, grants: POLICY.grants.slice(1) };
    expect(matrixOf(less, AXES, EVERYTHING, new Set(["phi.read subject_phi"])).acts).toHaveLength(3);
  });

  test("comes back from its link as it was, and a link from elsewhere narrows by nothing but words", () => {
    const filter = { roles: "steward idle", acts: "packet.read", isWhole: true };
    const query = writeMatrixFilter(filter, { role: "steward", action: "packet.read", resource: "packet" });
    expect(readMatrixFilter(query)).toEqual(filter);
    expect(cellIn(query.get("cell"))).toEqual({ role: "steward", action: "packet.read", resource: "packet" });
    expect(readMatrixFilter(new URLSearchParams({ roles: "<script>", acts: "x".repeat(81) }))).toEqual(EVERYTHING);
    expect(cellIn("steward~packet.read")).toBeNull();
  });

  test("says each cell in words", () => {
    expect(grantText(undefined, CLASSES)).toBe("denied");
    expect(grantText(POLICY.grants[1], CLASSES)).toBe("allowed; only with a passkey");
    expect(grantText(POLICY.grants[0], CLASSES)).toBe("allowed; reads public, phi; masks regulatory; hides treatment");
  });
});

describe("the keyboard in the matrix", () => {
  const size = { rows: 100, columns: 40, screenful: 11 };
  test.each([
    ["ArrowRight", false, { row: 5, column: 6 }],
    ["ArrowLeft", false, { row: 5, column: 4 }],
    ["ArrowDown", false, { row: 6, column: 5 }],
    ["ArrowUp", true, { row: 0, column: 5 }],
    ["PageDown", false, { row: 15, column: 5 }],
    ["PageUp", false, { row: 0, column: 5 }],
    ["Home", false, { row: 5, column: 0 }],
    ["End", false, { row: 5, column: 39 }],
    ["Home", true, { row: 0, column: 0 }],
    ["End", true, { row: 99, column: 39 }],
  ] as const)("%s, far: %s, goes to %o", (key, isFar, to) => {
    expect(nextCell(key, isFar, { row: 5, column: 5 }, size)).toEqual(to);
  });

  test("stays at the edge, and leaves other keys to the browser", () => {
    expect(nextCell("ArrowUp", false, { row: 0, column: 0 }, size)).toEqual({ row: 0, column: 0 });
    expect(nextCell("Tab", false, { row: 0, column: 0 }, size)).toBeNull();
    expect(nextCell("constructor", false, { row: 0, column: 0 }, size)).toBeNull();
  });

  test("draws what is in sight and the cell that it is at, and no more", () => {
    expect(indicesWith([10, 12], 11)).toEqual([10, 11, 12]);
    expect(indicesWith([10, 12], 3)).toEqual([3, 10, 11, 12]);
    expect(indicesWith([10, 12], 30)).toEqual([10, 11, 12, 30]);
    expect(indicesWith([0, -1], 0)).toEqual([]);
  });
});
