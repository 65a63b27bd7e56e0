import { leafHash, lineOf, openNote, parseStatement, RUN_LEAVES, verifyLeaf, verifyRun } from "@sallyport/audit";
import { ed25519Public, sha256Hex } from "@sallyport/crypto";
import { policyStatement } from "@sallyport/custody";
import { AuditEpochs, TrailIncidents } from "@sallyport/custody/incidents";
import { SigningKeys } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { parseVkey } from "@sallyport/audit";
import { expect, test } from "vitest";
import { type Running, start, STARTER } from "../test/running.ts";
import { Checkpoints } from "./checkpoints.ts";
import { sign } from "./sign.ts";

const vkeyOf = async ({ client }: Running): Promise<string> => (await client.status({}, 2000)).checkpointKey.vkey;
const policy = ({ client }: Running, canonical: string): Promise<unknown> =>
  client.sign({ kind: "policy", canonical, statement: null }, 2000).then(({ notes }) => notes[0], codeOf);

test("the starter policy is signed once: the same note again, also after a restart, and no other document", async () => {
  const running = await start();
  expect(await policy(running, `${STARTER} `)).toBe("verb.refused");
  const note = (await policy(running, STARTER)) as string;
  expect(openNote(note, await vkeyOf(running))).toBe(policyStatement(running.custodian.deployment, STARTER));
  const again = await running.restart();
  expect(await policy(again, STARTER)).toBe(note);
  expect((await again.client.status({}, 2000)).events.filter(({ action }) => action === "policy.signed").length).toBe(1);
});

test("a newer version's starter policy isn't signed into a store that has one", async () => {
  const running = await start();
  await policy(running, STARTER);
  await running.stop();
  const newer = await start(running, { starterPolicyDigest: sha256Hex("{}") });
  expect(await policy(newer, "{}")).toBe("verb.refused");
  expect(await policy(newer, STARTER)).toMatch(/sallyport\/policy\/v1/);
});

async function exported(count: number): Promise<Running> {
  const running = await start();
  await running.trail.append(running.client, running.custodian.deployment, "system", count);
  running.trail.stored.push(...(await running.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000)).checkpoints);
  return running;
}
const request = { kind: "export", chain: "system", requestedBy: "svc_auditor", requestId: "req_1" } as const;

test("an export's statement is of the last stored checkpoint, whatever was appended since", async () => {
  const running = await exported(5);
  await running.trail.append(running.client, running.custodian.deployment, "system", 2);
  await running.client.sign({ kind: "checkpoint", chains: ["system"] }, 2000);
  const { notes, checkpoints } = await running.client.sign(request, 2000);
  const statement = parseStatement(openNote(notes[0] ?? "", await vkeyOf(running)));
  expect(statement).toMatchObject({ deployment: running.custodian.deployment, chain: "system", requestedBy: "svc_auditor", requestId: "req_1", keys: [await vkeyOf(running)] });
  expect(statement.generations).toEqual([
    expect.objectContaining({ generation: 1, auditKey: "audit-1", size: 5, head: running.trail.rows("system")[4]?.mac, root: running.trail.stored[0]?.root, checkpoints: 1 }),
  ]);
  expect(checkpoints).toEqual(running.trail.stored);
});

test("nothing is exported without a checkpoint of ours for this very chain", async () => {
  const running = await exported(3);
  const refused = (): Promise<unknown> => running.client.sign(request, 2000).then(() => "signed", codeOf);
  const [own] = running.trail.stored.splice(0);
  expect(await refused()).toBe("verb.refused");
  await running.trail.append(running.client, running.custodian.deployment, "site:S/701", 3);
  const [site] = (await running.client.sign({ kind: "checkpoint", chains: ["site:S/701"] }, 2000)).checkpoints;
  running.trail.stored.splice(0, 1, { ...(site as NonNullable<typeof site>), chain: "system" });
  expect(await refused()).toBe("verb.refused");
  running.trail.stored.splice(0, 1, own as NonNullable<typeof own>);
  expect(await refused()).toBe("signed");
});

test("what isn't signed by our keys is no part of an export, and the mark's own checkpoint stands in for it", async () => {
  const [running, other] = [await exported(3), await exported(3)];
  const [own] = running.trail.stored.splice(0, 1, ...other.trail.stored);
  const { notes, checkpoints } = await running.client.sign(request, 2000);
  expect(checkpoints).toEqual([own]);
  expect(parseStatement(openNote(notes[0] ?? "", await vkeyOf(running))).generations[0]).toMatchObject({ size: 3, checkpoints: 1 });
});

test("no signature leaves before the journal is on disk: the turn of the key that made it may be in there", async () => {
  const running = await exported(3);
  const { trail, clock, custodian } = running;
  const { store, deployment } = custodian;
  let release = (): void => undefined;
  const written = new Promise<void>((resolve) => void (release = resolve));
  const slow = new Proxy(store, {
    get(target, name) {
      const value: unknown = name === "durable" ? () => written : Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
  const [keys, epochs, now] = [new SigningKeys(store, deployment), new AuditEpochs(store), clock.now];
  const incidents = new TrailIncidents({ store, reader: trail, deployment, now });
  const checkpoints = new Checkpoints(slow, trail, incidents, epochs, keys, now);
  const signing = { store: slow, reader: trail, checkpoints, epochs, keys, now, starterPolicyDigest: sha256Hex(STARTER), shippedProfileDigests: [] };
  const vkey = await vkeyOf(running);
  const asked = [
    request,
    { kind: "leaves", vkey, chain: "system", generation: 1, from: 1, to: 3 },
    { kind: "excerpt", vkey, exportedAt: new Date(now()).toISOString(), requestedBy: "svc_auditor", requestId: "req_1", records: 0, sha256: sha256Hex("") },
    { kind: "checkpoint", chains: ["system"] },
    { kind: "policy", canonical: STARTER, statement: null },
  ];
  const left: string[] = [];
  const answers = asked.map((each) => sign(signing, Buffer.from(JSON.stringify(each))).then(() => left.push(each.kind)));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(left).toEqual([]);
  release();
  await Promise.all(answers);
  expect(left).toHaveLength(asked.length);
});

test("each leaf's signature is for its own place", async () => {
  const running = await exported(70);
  const { notes } = await running.client.sign({ kind: "leaves", vkey: await vkeyOf(running), chain: "system", generation: 1, from: 3, to: 70 }, 5000);
  const publicKey = ed25519Public(parseVkey(await vkeyOf(running)).raw);
  expect(notes.length).toBe(68);
  running.trail
    .rows("system")
    .slice(2)
    .forEach(({ seq, body, mac }, index) => {
      const place = { deployment: running.custodian.deployment, chain: "system", generation: 1, seq, leaf: leafHash(lineOf(body, mac)).toString("hex") };
      expect(verifyLeaf(place, notes[index] ?? "", [publicKey])).toBe(true);
      expect(verifyLeaf({ ...place, seq: seq + 1 }, notes[index] ?? "", [publicKey])).toBe(false);
    });
});

test("a whole run gets one signature more, over all of its leaves' at its place, unless one of its records isn't what was sealed", async () => {
  const running = await exported(1030);
  const vkey = await vkeyOf(running);
  const sign = async (from: number, to: number) => (await running.client.sign({ kind: "leaves", vkey, chain: "system", generation: 1, from, to }, 20_000)).notes;
  const notes = await sign(1, RUN_LEAVES);
  const signatures = Buffer.concat(notes.slice(0, RUN_LEAVES).map((each) => Buffer.from(each, "base64")));
  const place = { deployment: running.custodian.deployment, chain: "system", generation: 1, run: 0 };
  const publicKey = ed25519Public(parseVkey(vkey).raw);
  const over = Buffer.from(notes[RUN_LEAVES] ?? "", "base64");
  expect(verifyRun(place, signatures, over, publicKey)).toBe(true);
  for (const other of [{ run: 1 }, { generation: 2 }, { chain: "site:S/701" }, { deployment: "dother" }])
    expect(verifyRun({ ...place, ...other }, signatures, over, publicKey)).toBe(false);
  expect(verifyRun(place, Buffer.from(signatures).fill(0, 64, 65), over, publicKey)).toBe(false);
  expect([(await sign(2, RUN_LEAVES)).length, (await sign(2, RUN_LEAVES + 1)).length, (await sign(1, RUN_LEAVES + 1)).length]).toEqual([1023, 1024, 1025]);
  const rows = running.trail.rows("system");
  const other = rows[500] as (typeof rows)[0];
  rows[500] = { ...other, body: other.body.replace('"detail":"', '"detail":"x') };
  expect((await sign(1, RUN_LEAVES)).length).toBe(RUN_LEAVES);
  rows.splice(500, 1);
  expect((await sign(1, RUN_LEAVES)).length).toBe(RUN_LEAVES - 1);
}, 30_000);

test.each([
  ["above the mark", 1, 9],
  ["none", 4, 3],
  ["too many", 1, 5000],
])("leaves %s are refused", async (_name, from, to) => {
  const running = await exported(8);
  expect(await running.client.sign({ kind: "leaves", vkey: await vkeyOf(running), chain: "system", generation: 1, from, to }, 2000).catch(codeOf)).toBe("verb.refused");
});

test("the leaf of a record that isn't the one that was sealed is never signed", async () => {
  const running = await exported(8);
  const rows = running.trail.rows("system");
  const unsigned = Buffer.alloc(64).toString("base64");
  const sign = async (): Promise<readonly number[]> =>
    (await running.client.sign({ kind: "leaves", vkey: await vkeyOf(running), chain: "system", generation: 1, from: 1, to: 8 }, 2000)).notes.flatMap((each, at) =>
      each === unsigned ? [at] : [],
    );
  expect(await sign()).toEqual([]);
  const other = rows[5] as (typeof rows)[0];
  for (const [harmed, at] of [
    [rows.map((row, n) => (n === 4 ? { ...row, body: row.body.replace("allow", "denys") } : row)), [4]],
    [rows.slice(1), []],
    [rows.map((row, n) => (n === 4 ? { ...other, seq: 5 } : row)), [4]],
    [rows.map((row, n) => (n === 4 ? { ...row, mac: other.mac } : row)), [4]],
  ] as const) {
    running.trail.byChain.set("system", [...harmed]);
    expect(await sign()).toEqual(at);
  }
});

test("an excerpt's end is signed for the time at which it was written, and for no other", async () => {
  const running = await start();
  const at = running.clock.now();
  const vkey = await vkeyOf(running);
  const ended = (offMs: number): Promise<unknown> =>
    running.client
      .sign({ kind: "excerpt", vkey, exportedAt: new Date(at + offMs).toISOString(), requestedBy: "svc_auditor", requestId: "req_1", records: 0, sha256: sha256Hex("") }, 2000)
      .then(() => "signed", codeOf);
  expect(await Promise.all([-86_400_000, -3_600_001, -3_600_000, 0, 5000, 5001, 86_400_000].map(ended))).toEqual([
    "verb.refused",
    "verb.refused",
    "signed",
    "signed",
    "signed",
    "verb.refused",
    "verb.refused",
  ]);
});
