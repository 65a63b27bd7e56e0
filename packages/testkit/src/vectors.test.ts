import { expect, test } from "vitest";
import { readVectors } from "./vectors.ts";

test("vectors that are not there are answered as absent", () => {
  expect(readVectors("nowhere/nothing.json")).toBeNull();
});
