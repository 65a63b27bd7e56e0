import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { verifyConsistency, verifyInclusion, verifySubtreeConsistency, verifySubtreeInclusion } from "./merkle-verify.ts";

const root = join(import.meta.dirname, "../../../../shared/vectors/tlog-merkle/testdata");

interface Vector {
  readonly desc: string;
  readonly wantErr: boolean;
  readonly proof: readonly string[] | null;
  readonly [member: string]: unknown;
}

const bytes = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : "", "base64");
const number = (value: unknown): number => Number(value);

const verifiers: Readonly<Record<string, (vector: Vector, proof: readonly Buffer[]) => boolean>> = {
  inclusion: (v, proof) => verifyInclusion({ index: number(v["leafIdx"]), size: number(v["treeSize"]), leaf: bytes(v["leafHash"]), root: bytes(v["root"]), proof }),
  consistency: (v, proof) => verifyConsistency({ size1: number(v["size1"]), size2: number(v["size2"]), root1: bytes(v["root1"]), root2: bytes(v["root2"]), proof }),
  subtreeinclusion: (v, proof) =>
    verifySubtreeInclusion({ index: number(v["leafIdx"]), start: number(v["start"]), end: number(v["end"]), leaf: bytes(v["leafHash"]), root: bytes(v["root"]), proof }),
  subtreeconsistency: (v, proof) =>
    verifySubtreeConsistency({ start: number(v["start"]), end: number(v["end"]), size: number(v["size"]), subtreeRoot: bytes(v["root1"]), root: bytes(v["root2"]), proof }),
};

describe.skipIf(!existsSync(root))("transparency-dev/merkle vectors (skipped where ../shared is absent)", () => {
  const counted = { all: 0, refused: 0 };
  for (const [kind, verify] of Object.entries(verifiers)) {
    const files = existsSync(root) ? readdirSync(join(root, kind), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json")) : [];
    test.each(files)(`${kind}: %s has the verdict that the vector gives`, (file) => {
      const vector = JSON.parse(readFileSync(join(root, kind, file), "utf8")) as Vector;
      counted.all += 1;
      if (vector.wantErr) counted.refused += 1;
      expect(verify(vector, (vector.proof ?? []).map(bytes))).toBe(!vector.wantErr);
    });
  }
  test("all 518 vectors were read, 482 of which are to be refused", () => {
    expect(counted).toEqual({ all: 518, refused: 482 });
  });
});
