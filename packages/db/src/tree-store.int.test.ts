import { CompactRange, leafHash, lineOf, TreeProver, verifyConsistency, verifyInclusion } from "@sallyport/audit";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MigratedDatabase, migratedDatabase, testDraft, testTrail, type TestTrail } from "./testing.ts";
import { treeStore } from "./tree-store.ts";

/** Enough for two complete tiles and a part of one. */
const RECORDS = 600;
let db: MigratedDatabase;
let trail: TestTrail;
let admin: postgres.Sql;
const roots = new Map<number, Buffer>();
const leaves: Buffer[] = [];

beforeAll(async () => {
  db = await migratedDatabase();
  trail = await testTrail(db.apiUrl);
  admin = postgres(db.ownerUrl, { max: 1, onnotice: () => undefined });
  await Promise.all(Array.from({ length: RECORDS }, (_, n) => trail.trail.append({ ...testDraft(`req_${n}`), detail: 'x","policy":"y \\' })));
  const rows = await admin<{ body: string; mac: string }[]>`SELECT body, encode(mac, 'hex') AS mac FROM audit.records ORDER BY seq`;
  const range = new CompactRange();
  for (const { body, mac } of rows) {
    leaves.push(leafHash(lineOf(body, mac)));
    range.append(leaves.at(-1) as Buffer);
    roots.set(range.size, range.root());
  }
});

afterAll(async () => {
  await trail.close();
  await admin.end({ timeout: 1 });
  await db.drop();
});

const proverOf = (size: number): TreeProver => new TreeProver(treeStore(trail.database).tiles("system", 1), size);

test("what is stored of a tree proves every record of every size", async () => {
  const store = treeStore(trail.database);
  // The second finds it done, or does it at the same time: it comes to the same.
  await Promise.all([store.extend("system", 1, RECORDS), store.extend("system", 1, RECORDS)]);
  const [count] = await admin<{ tiles: number }[]>`SELECT count(*)::int AS tiles FROM audit.tiles`;
  expect(count?.tiles).toBe(2);
  for (const size of [1, 255, 256, 257, 511, 512, 513, RECORDS]) {
    const [prover, root] = [proverOf(size), roots.get(size) as Buffer];
    expect((await prover.root()).equals(root), `root of ${size}`).toBe(true);
    for (const index of new Set([0, Math.floor(size / 2), size - 1])) {
      expect(verifyInclusion({ index, size, leaf: leaves[index] as Buffer, root, proof: await prover.inclusion(index) })).toBe(true);
    }
    const proof = await proverOf(RECORDS).consistency(size);
    expect(verifyConsistency({ size1: size, size2: RECORDS, root1: root, root2: roots.get(RECORDS) as Buffer, proof })).toBe(true);
  }
});

test("a record that was altered after its tile, or before it, no longer is what its proof proves", async () => {
  await admin.unsafe("ALTER TABLE audit.records DISABLE TRIGGER append_only");
  try {
    // One in a stored tile, one at the tree's edge.
    for (const seq of [7, RECORDS]) {
      await admin`UPDATE audit.records SET body = replace(body, '"decision":"allow"', '"decision":"denys"') WHERE chain = 'system' AND seq = ${seq}`;
      const [row] = await admin<{ body: string; mac: string }[]>`SELECT body, encode(mac, 'hex') AS mac FROM audit.records WHERE seq = ${seq}`;
      const leaf = leafHash(lineOf(row?.body ?? "", row?.mac ?? ""));
      const proof = await proverOf(RECORDS).inclusion(seq - 1);
      expect(verifyInclusion({ index: seq - 1, size: RECORDS, leaf, root: roots.get(RECORDS) as Buffer, proof })).toBe(false);
      await admin`UPDATE audit.records SET body = replace(body, '"decision":"denys"', '"decision":"allow"') WHERE chain = 'system' AND seq = ${seq}`;
    }
  } finally {
    await admin.unsafe("ALTER TABLE audit.records ENABLE ALWAYS TRIGGER append_only");
  }
});

test("a tree is kept by the database alone: its tiles are neither written nor changed by the api's role", async () => {
  const insert = trail.database
    .run`INSERT INTO audit.tiles (chain, generation, level, idx, hashes, root) VALUES ('system', 1, 0, 9, decode(repeat('00', 8192), 'hex'), decode(repeat('00', 32), 'hex'))`;
  await expect(insert).rejects.toMatchObject({ code: "policy.denied" });
  await expect(admin`DELETE FROM audit.tiles`).rejects.toThrow();
});
