import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNote, openPage, type PackedPage, parseArchival, verifyTrail } from "@sallyport/audit";
import { BundleWriter, directoryReader } from "@sallyport/audit/bundle-folder";
import { sha256Hex } from "@sallyport/crypto";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkpointsOf, type OpenedGeneration } from "./exported-checkpoints.ts";
import { STUDY } from "./dataset.ts";
import { Desk, type Enrolled, type SignedIn } from "./people.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until } from "./stack.ts";

const CHAIN = `site:${STUDY}/701`;
const REASON = "kept for as long as it has to be at hand";
interface Admin {
  readonly who: Enrolled;
  readonly session: SignedIn;
}
interface Closed {
  readonly chain: string;
  readonly generation: number;
  readonly size: number;
  readonly state: string;
  readonly bundles: readonly { readonly digest: string; readonly by: string }[];
  readonly archived: { readonly digest: string; readonly by: readonly string[]; readonly from: string | null; readonly note: string; readonly removedAt: string | null } | null;
}
let at: Deployment;
let api: Api;
let desk: Desk;
let ada: Admin;
let ben: Admin;
const scratch = mkdtempSync(join(tmpdir(), "archives-"));

beforeAll(async () => {
  at = await deployment({ archiveAfterDays: 0 });
  api = await at.serve();
  desk = await Desk.of(at);
  const enrolled = openFoundingLinks(at.custodian.store).map(async ({ secret }, index) => {
    const who = await desk.enrol(api, secret, { username: `founder.${index}`, printedName: `Founder ${index}` }, "passkey");
    return { who, session: await desk.signIn(api, who) };
  });
  [ada, ben] = (await Promise.all(enrolled)) as [Admin, Admin];
  await at.seed(api);
  await closeGeneration();
}, 60_000);
afterAll(async () => {
  desk?.close();
  await api?.close();
  await at?.close();
  rmSync(scratch, { recursive: true, force: true });
});

const asAdmin = (by: Admin, procedure: string, input: object) => desk.call(api, by.session, procedure, input);
const incidents = async () =>
  (dataOf(await api.call("auditor", "incidents.list", { show: "open" })) as { incidents: readonly { incidentId: string; goesOn: { at: string | null } }[] }).incidents;
const closed = async (): Promise<readonly Closed[]> => (dataOf(await api.call("auditor", "archives.list", {})) as { generations: readonly Closed[] }).generations;
const sign = (chain = CHAIN) => at.custodian.handle("sign", Buffer.from(JSON.stringify({ kind: "checkpoint", chains: [chain] })));
const verified = async (): Promise<readonly string[]> =>
  (dataOf(await api.call("auditor", "trail.verify", { chains: [CHAIN] })) as { chains: readonly { generation: number; broken: { kind: string } | null }[] }).chains
    .toSorted((a, b) => a.generation - b.generation)
    .map(({ generation, broken }) => `${generation} ${broken?.kind ?? "whole"}`);
const count = async (table: string, generation = 1): Promise<number> => {
  const text = `SELECT count(*)::int AS n FROM audit.${table} WHERE chain = '${CHAIN}' AND generation = ${generation}`;
  return (await at.owner.run<{ n: number }>(Object.assign([text], { raw: [text] })))[0]?.n ?? -1;
};

/** Has something approved by the other and carried out by who asked, each by passkey. Answers the approval. */
async function decided(
  asked: Awaited<ReturnType<typeof asAdmin>>,
  procedure: string,
): Promise<{ readonly approvalId: string; readonly carryOut: () => ReturnType<typeof asAdmin> }> {
  const { approvalId, digest } = (dataOf(asked) as { approval: { approvalId: string; digest: string } }).approval;
  const over = (by: Admin): string | undefined => by.who.authenticator?.assert(Buffer.from(digest, "hex"));
  const vote = { approvalId, digest, verdict: "approve", reason: REASON, proof: { kind: "passkey", response: over(ben) } };
  expect(codeOf(await asAdmin(ben, "approvals.decide", vote))).toBe("ok");
  return { approvalId, carryOut: () => asAdmin(ada, procedure, { approvalId, proof: { kind: "passkey", response: over(ada) } }) };
}

/** The chain goes on in its next generation, whole as it is: its head was moved, and two people ended the incident that this was. */
async function closeGeneration(): Promise<void> {
  await sign();
  await at.owner.run`SELECT audit.open_generation(${CHAIN}, (SELECT generation + 1 FROM audit.heads WHERE chain = ${CHAIN}))`;
  await sign().catch(() => undefined);
  await until(async () => (await incidents()).some(({ goesOn }) => goesOn.at !== null));
  const named = (await incidents()).map(({ incidentId }) => incidentId);
  const { carryOut } = await decided(await asAdmin(ada, "approvals.requestIncidentRelease", { incidentIds: named, reason: REASON }), "incidents.release");
  expect(codeOf(await carryOut())).toBe("ok");
  await until(async () => (await incidents()).length === 0);
}

const readNotes = async (input: object): Promise<unknown> => dataOf(await api.call("auditor", "trail.readCheckpoints", input));

/** Writes a bundle as the command does: of a chain, or of one closed generation. */
async function bundle(name: string, generation?: number): Promise<{ readonly folder: string; readonly fingerprint: string }> {
  const folder = join(scratch, name);
  const opened = dataOf(await api.call("auditor", "trail.openExport", { chain: CHAIN, ...(generation !== undefined && { generation }) })) as {
    statement: string;
    generations: OpenedGeneration[];
    fingerprint: string;
  };
  const writer = await BundleWriter.create(folder, opened.statement);
  for (const open of opened.generations) {
    const { generation: each, size } = open;
    await writer.open(each);
    if (size > 0) await writer.addPage(openPage(dataOf(await api.call("auditor", "trail.readExport", { chain: CHAIN, generation: each, from: 1, limit: size })) as PackedPage));
    await writer.addCheckpoints(await checkpointsOf(readNotes, { chain: CHAIN, ...opened }, open));
  }
  await writer.finish({ names: {}, vocabulary: { actions: {}, reasons: {} }, handovers: [] });
  return { folder, fingerprint: opened.fingerprint };
}

const fileOf = (folder: string, name: string): string => readFileSync(join(folder, name), "utf8");
const keep = async (folder: string, over: object = {}): Promise<{ code: string; digest: string }> => {
  const input = { chain: CHAIN, generation: 1, statement: fileOf(folder, "statement.note"), manifest: fileOf(folder, "manifest.json"), ...over };
  const reply = await api.call("auditor", "archives.keep", input);
  return { code: codeOf(reply), digest: codeOf(reply) === "ok" ? (dataOf(reply) as { digest: string }).digest : "" };
};

test("a closed generation is written, verified, removed upon two passkeys, and both halves verify as one trail", async () => {
  const before = await count("records");
  expect(before).toBeGreaterThan(1);
  expect(await closed()).toEqual([expect.objectContaining({ chain: CHAIN, generation: 1, size: before, state: "possible", bundles: [], archived: null })]);
  const archive = await bundle("archive", 1);
  expect(await verifyTrail([directoryReader(archive.folder)], archive)).toMatchObject({ whole: true, pinned: true });

  // Nobody asks for the removal of what nobody verified; what is no bundle of it isn't kept.
  const ask = (digest: string, generation = 1) => asAdmin(ada, "approvals.requestArchive", { chain: CHAIN, generation, digest, reason: REASON });
  expect(codeOf(await ask("0".repeat(64)))).toBe("archive.unverified");
  expect(
    (await keep(archive.folder, { manifest: fileOf(archive.folder, "manifest.json").replace(sha256Hex(fileOf(archive.folder, "statement.note")), "0".repeat(64)) })).code,
  ).toBe("archive.unverified");
  expect((await keep(archive.folder, { statement: fileOf(archive.folder, "statement.note").replace("701", "704") })).code).toBe("archive.unverified");
  expect((await keep(archive.folder, { generation: 2 })).code).toBe("archive.state");
  const { digest } = await keep(archive.folder);
  expect(codeOf(await ask(digest, 2))).toBe("archive.state");
  expect((await closed())[0]?.bundles).toEqual([expect.objectContaining({ digest })]);

  const { approvalId, carryOut } = await decided(await ask(digest), "archives.remove");
  expect(dataOf(await asAdmin(ada, "approvals.get", { approvalId }))).toMatchObject({ challenge: expect.any(String) as string });
  const reply = await carryOut();
  expect(codeOf(reply)).toBe("ok");
  const { note } = dataOf(reply) as { note: string };
  const { vkey } = JSON.parse(fileOf(archive.folder, "keys.json")).keys[0] as { vkey: string };
  expect(parseArchival(openNote(note, vkey))).toMatchObject({ chain: CHAIN, generation: 1, size: before, manifest: digest, by: [ada.who.personId, ben.who.personId] });
  await until(async () => (await closed())[0]?.state === "removed");
  expect(await Promise.all(["records", "search", "tiles"].map((table) => count(table)))).toEqual([0, 0, 0]);
  expect((await closed())[0]).toMatchObject({ state: "removed", archived: { digest, by: ["Founder 0", "Founder 1"], note } });

  // It is neither missing nor truncated, and both halves are one trail.
  expect(await verified()).toEqual(["1 whole", "2 whole"]);
  expect(await incidents()).toEqual([]);
  const rest = await bundle("rest");
  const verdict = await verifyTrail(
    [rest, archive].map(({ folder }) => directoryReader(folder)),
    rest,
  );
  expect(verdict).toMatchObject({ whole: true, pinned: true, archived: [], generations: [{ generation: 1 }, { generation: 2 }] });
  // On record where the chain goes on, and in `system`.
  await until(async () => (await at.records(CHAIN)).some(({ action }) => action === "trail.removed"));
  for (const chain of [CHAIN, "system"]) expect((await at.records(chain)).filter(({ action, detail }) => action === "trail.archived" && detail?.includes(digest))).toHaveLength(1);
  expect(codeOf(await ask(digest))).toBe("archive.state");
  expect(codeOf(await api.call("auditor", "trail.openExport", { chain: CHAIN, generation: 1 }))).toBe("archive.state");
}, 60_000);

test("a record that was archived is told to be so, and a search says which archives its time reaches into", async () => {
  expect(codeOf(await api.call("auditor", "crossings.get", { chain: CHAIN, generation: 1, seq: 1 }))).toBe("trail.archived");
  expect(codeOf(await api.call("auditor", "trail.prove", { chain: CHAIN, generation: 1, seq: 1 }))).toBe("trail.archived");
  const [first] = await closed();
  const search = async (filter: object): Promise<unknown> => (dataOf(await api.call("auditor", "crossings.search", { filter })) as { archived: unknown }).archived;
  const expected = [{ chain: CHAIN, generation: 1, from: first?.archived?.from, to: expect.any(String) as string, digest: first?.archived?.digest }];
  expect(await search({ chain: CHAIN })).toEqual(expected);
  expect(await search({ chain: "system" })).toEqual([]);
  expect(await search({ chain: CHAIN, from: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
  expect(await search({ chain: CHAIN, until: first?.archived?.from })).toEqual([]);
});

test("records that were removed and are put back, or a mark that is taken away, are found", async () => {
  const run = (text: string) => at.owner.run(Object.assign([text], { raw: [text] }));
  await run(`INSERT INTO audit.records SELECT chain, 1, seq, prev_mac, mac, body FROM audit.records WHERE chain = '${CHAIN}' AND generation = 2 AND seq = 1`);
  expect(await verified()).toEqual(["1 inserted", "2 whole"]);
  await until(async () => (await incidents()).length === 1);
  // As somebody who owns the database: no trigger holds.
  for (const [table, name] of [
    ["audit.records", "append_only"],
    ["audit.archivals", "never_removed"],
  ])
    await run(`ALTER TABLE ${table} DISABLE TRIGGER ${name}`);
  await run(`DELETE FROM audit.records WHERE chain = '${CHAIN}' AND generation = 1`);
  expect(await verified()).toEqual(["1 whole", "2 whole"]);
  await run(`DELETE FROM audit.archivals WHERE chain = '${CHAIN}'`);
  expect(await verified()).toEqual(["1 missing", "2 whole"]);
}, 60_000);
