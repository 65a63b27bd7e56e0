import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const RUNS = LONG ? 150 : 8;

let at: Deployment;
let api: Api;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
}, 60_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const SITES = ["701", "704"] as const;
type Site = (typeof SITES)[number];
type Domain = "DM" | "AE";
const REASON = "as the model has it";

/** A row: of which of a run's subjects; the site and the country that its DM names, or the number and the group of its adverse event. */
type Row = { readonly subject: number; readonly site: Site; readonly value: string } | { readonly subject: number; readonly sequence: number; readonly value: string };
type Act = { readonly kind: "deliver"; readonly domain: Domain; readonly rows: readonly Row[] } | { readonly kind: "release" | "reject" | "inspect"; readonly packet: number };

const subject = fc.integer({ min: 0, max: 2 });
const value = fc.constantFrom("A", "B", "C");
// One in eight puts a subject where another row may have it elsewhere.
const demography = fc.uniqueArray(fc.record({ subject, site: fc.constantFrom<Site>(...SITES, "701", "701", "701", "701", "701", "701"), value }), {
  selector: (row) => row.subject,
  minLength: 1,
  maxLength: 3,
});
const events = fc.uniqueArray(fc.record({ subject, sequence: fc.integer({ min: 1, max: 3 }), value }), {
  selector: (row) => `${row.subject} ${row.sequence}`,
  minLength: 1,
  maxLength: 5,
});
const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: demography.map((rows) => ({ kind: "deliver" as const, domain: "DM" as const, rows })) },
    { weight: 3, arbitrary: events.map((rows) => ({ kind: "deliver" as const, domain: "AE" as const, rows })) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom("release" as const, "release" as const, "release" as const, "reject" as const, "inspect" as const),
        packet: fc.nat({ max: 5 }),
      }),
    },
  ),
  { minLength: 4, maxLength: 14 },
);

/** One dataset of a run, in Dataset-JSON 1.1. Its country and its group are regulatory, so that a reader sees them. */
function datasetOf(run: number, domain: Domain, rows: readonly Row[]): string {
  const columns = domain === "DM" ? ["STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", "INVID", "COUNTRY"] : ["STUDYID", "DOMAIN", "USUBJID", "AESEQ", "AEGRPID"];
  const cells = rows.map((row) => {
    const id = `${run}-${row.subject}`;
    return "site" in row ? [STUDY, domain, id, id, row.site, id, row.value] : [STUDY, domain, id, row.sequence, row.value];
  });
  return JSON.stringify({
    datasetJSONCreationDateTime: "2026-01-01T00:00:00",
    datasetJSONVersion: "1.1.0",
    itemGroupOID: `IG.${domain}`,
    records: cells.length,
    name: domain,
    label: domain,
    columns: columns.map((name) => ({ itemOID: `IT.${name}`, name, label: name, dataType: name === "AESEQ" ? "integer" : "string" })),
    rows: cells,
  });
}

interface Packet {
  readonly domain: Domain;
  readonly rows: readonly Row[];
  readonly sites: readonly Site[];
  state: "quarantined" | "released" | "rejected";
}

/** What is to be stored, worked out without the product: the versions of each record, the first one first, and where each subject is. */
class Model {
  readonly sites = new Map<string, Site>();
  readonly records = new Map<string, string[]>();
  readonly packets: Packet[] = [];
  /** Records by domain and site, of earlier runs too. */
  readonly #stored = new Map<string, number>();

  begin(): void {
    this.packets.splice(0);
  }

  deliver(run: number, domain: Domain, rows: readonly Row[]): string {
    const owners = rows.map((row) => ("site" in row ? row.site : this.sites.get(`${run}-${row.subject}`)));
    if (owners.includes(undefined)) return "packet.invalid";
    this.packets.push({ domain, rows, sites: [...new Set(owners as Site[])], state: "quarantined" });
    return "ok";
  }

  /** What a release comes to; done where it is one, and only looked at where it is an inspection. */
  release(run: number, packet: Packet, isDone: boolean): object | null {
    const named = packet.rows.map((row) => ({ row, id: `${run}-${row.subject}`, key: `${packet.domain} ${run}-${row.subject} ${"site" in row ? 1 : row.sequence}` }));
    if (named.some(({ row, id }) => "site" in row && this.sites.has(id) && this.sites.get(id) !== row.site)) return null;
    const count = { subjects: new Map<string, string>(), created: 0, updated: 0, unchanged: 0 };
    for (const { row, id, key } of named) {
      const versions = this.records.get(key) ?? [];
      const stated = "site" in row ? `${row.site} ${row.value}` : row.value;
      const outcome = versions.length === 0 ? "created" : versions.at(-1) === stated ? "unchanged" : "updated";
      count[outcome] += 1;
      const isNew = "site" in row && !this.sites.has(id);
      const before = count.subjects.get(id) ?? "unchanged";
      count.subjects.set(id, isNew || before === "created" ? "created" : outcome === "unchanged" ? before : "updated");
      if (!isDone) continue;
      if ("site" in row) this.sites.set(id, row.site);
      if (outcome !== "unchanged") this.records.set(key, [...versions, stated]);
      if (outcome === "created") this.#at(packet.domain, this.sites.get(id) ?? "701", 1);
    }
    const stored = packet.sites.reduce((sum, site) => sum + this.#at(packet.domain, site, 0), 0);
    const of = (outcome: string): number => [...count.subjects.values()].filter((each) => each === outcome).length;
    const { created, updated, unchanged } = count;
    return {
      subjects: { created: of("created"), updated: of("updated"), unchanged: of("unchanged") },
      records: { created, updated, unchanged, absent: stored - updated - unchanged - (isDone ? created : 0) },
      equal: created + updated === 0,
    };
  }

  #at(domain: Domain, site: Site, more: number): number {
    const key = `${domain} ${site}`;
    this.#stored.set(key, (this.#stored.get(key) ?? 0) + more);
    return this.#stored.get(key) ?? 0;
  }
}

/** Every record as readers see it, with its number of versions; subjects by the one regulatory variable that names them. */
async function stored(): Promise<ReadonlyMap<string, string>> {
  const rows = new Map<string, string>();
  const versions = await at.owner.run<{ key: string; versions: number }>`
    SELECT concat_ws(' ', subject, domain, record) AS key, count(*)::integer AS versions FROM phi.records GROUP BY subject, domain, record`;
  const versionsOf = new Map(versions.map((row) => [row.key, row.versions]));
  const { items } = dataOf(await api.call("reviewer", "subjects.list", { limit: 500 })) as { items: { subjectId: string }[] };
  for (const { subjectId } of items) {
    const seen = async (domain: Domain): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> => {
      const { fields } = dataOf(await api.call("reviewer", "subjects.get", { subjectId, domain })) as { fields: { field: string; record: string; value?: unknown }[] };
      const byRecord = new Map<string, Record<string, unknown>>();
      for (const { field, record, value: shown } of fields) byRecord.set(record, { ...byRecord.get(record), [field]: shown });
      return byRecord;
    };
    const [[, person] = ["", {}]] = await seen("DM");
    const id = String(person["DM.INVID"]);
    rows.set(`DM ${id} 1`, `${String(person["DM.SITEID"])} ${String(person["DM.COUNTRY"])} in ${versionsOf.get(`${subjectId} DM 1`)}`);
    for (const [record, event] of await seen("AE"))
      rows.set(`AE ${id} ${String(event["AE.AESEQ"])}`, `${String(event["AE.AEGRPID"])} in ${versionsOf.get(`${subjectId} AE ${record}`)}`);
  }
  return rows;
}

const model = new Model();
let runs = 0;

test(
  "any interleaving of deliveries, corrections, rejections and inspections comes to what the model comes to",
  async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (each) => {
        const run = (runs += 1);
        model.begin();
        const ids: string[] = [];
        for (const act of each) {
          if (act.kind === "deliver") {
            const reply = await api.call("ingest", "packets.upload", { study: STUDY, content: datasetOf(run, act.domain, act.rows) });
            expect(codeOf(reply)).toBe(model.deliver(run, act.domain, act.rows));
            if (reply.status === 200) ids.push((dataOf(reply) as { packetId: string }).packetId);
            continue;
          }
          const [packetId, packet] = [ids[act.packet], model.packets[act.packet]];
          if (packetId === undefined || packet === undefined) continue;
          const reply = await api.call("steward", `packets.${act.kind}`, { packetId, ...(act.kind !== "inspect" && { reason: REASON }) });
          if (packet.state !== "quarantined") {
            expect(codeOf(reply)).toBe("packet.state");
          } else if (act.kind === "reject") {
            expect(codeOf(reply)).toBe("ok");
            packet.state = "rejected";
          } else {
            const comes = model.release(run, packet, act.kind === "release");
            if (act.kind === "inspect") expect((dataOf(reply) as { release: object }).release).toMatchObject(comes ?? { refused: true });
            else if (comes === null) expect(codeOf(reply)).toBe("packet.conflict");
            else {
              expect(dataOf(reply)).toMatchObject(comes);
              packet.state = "released";
            }
          }
        }
      }),
      { numRuns: RUNS },
    );
    const expected = new Map([...model.records].map(([key, versions]) => [key, `${versions.at(-1)} in ${versions.length}`]));
    expect(new Map([...(await stored())].toSorted(([a], [b]) => (a < b ? -1 : 1)))).toEqual(new Map([...expected].toSorted(([a], [b]) => (a < b ? -1 : 1))));
  },
  LONG ? 1_800_000 : 120_000,
);

/** Every order of some things. */
function ordersOf<T>(all: readonly T[]): readonly (readonly T[])[] {
  return all.length < 2 ? [all] : all.flatMap((first, n) => ordersOf(all.toSpliced(n, 1)).map((rest) => [first, ...rest]));
}
const plain = (rows: ReadonlyMap<string, string>, run: number): string =>
  JSON.stringify([...rows].filter(([key]) => key.includes(` ${run}-`)).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const together = fc.record({
  first: demography,
  rest: fc.array(
    fc.oneof(
      demography.map((rows) => ({ domain: "DM" as const, rows })),
      events.map((rows) => ({ domain: "AE" as const, rows })),
    ),
    { minLength: 1, maxLength: 3 },
  ),
  // Which packet each caller acts on; two of them may want the same one.
  acts: fc.array(fc.record({ kind: fc.constantFrom("release" as const, "release" as const, "release" as const, "reject" as const), packet: fc.nat({ max: 2 }) }), {
    minLength: 2,
    maxLength: 4,
  }),
});

test(
  "releases, corrections and rejections at once come to what one of their orders comes to, answers and versions alike",
  async () => {
    await fc.assert(
      fc.asyncProperty(together, async ({ first, rest, acts: each }) => {
        const run = (runs += 1);
        // The subjects that are there before, so that what follows corrects them.
        const base = dataOf(await api.call("ingest", "packets.upload", { study: STUDY, content: datasetOf(run, "DM", first) })) as { packetId: string };
        dataOf(await api.call("steward", "packets.release", { packetId: base.packetId, reason: REASON }));
        const fresh = (): Model => {
          const one = new Model();
          one.deliver(run, "DM", first);
          const [founding] = one.packets;
          if (founding !== undefined) one.release(run, founding, true);
          one.begin();
          return one;
        };
        const taken: { readonly domain: Domain; readonly rows: readonly Row[]; readonly id: string }[] = [];
        const known = fresh();
        for (const { domain, rows } of rest) {
          const reply = await api.call("ingest", "packets.upload", { study: STUDY, content: datasetOf(run, domain, rows) });
          expect(codeOf(reply)).toBe(known.deliver(run, domain, rows));
          if (reply.status === 200) taken.push({ domain, rows, id: (dataOf(reply) as { packetId: string }).packetId });
        }
        if (taken.length === 0) return;
        const calls = each.map(({ kind, packet }, caller) => ({ kind, packet: packet % taken.length, caller }));
        const act = async ({ kind, packet }: (typeof calls)[number]): Promise<string> =>
          codeOf(await api.call("steward", `packets.${kind}`, { packetId: taken[packet]?.id, reason: REASON }));
        const answered = await Promise.all(calls.map(act));
        // Two that make the same subject at once are one too many: the other has changed nothing, and is told to come again.
        for (const [caller, call] of calls.entries()) if (answered[caller] === "service.busy") answered[caller] = await act(call);
        const codes = JSON.stringify(answered);
        const seen = plain(await stored(), run);
        const serial = ordersOf(calls).map((order) => {
          const one = fresh();
          for (const { domain, rows } of taken) one.deliver(run, domain, rows);
          const answers: string[] = [];
          for (const { kind, packet, caller } of order) {
            const held = one.packets[packet];
            if (held === undefined) throw new Error("the model took another packet");
            if (held.state !== "quarantined") answers[caller] = "packet.state";
            else if (kind === "release" && one.release(run, held, true) === null) answers[caller] = "packet.conflict";
            else [held.state, answers[caller]] = [kind === "release" ? "released" : "rejected", "ok"];
          }
          return `${JSON.stringify(answers)} ${plain(new Map([...one.records].map(([key, versions]) => [key, `${versions.at(-1)} in ${versions.length}`])), run)}`;
        });
        expect(serial).toContain(`${codes} ${seen}`);
      }),
      { numRuns: RUNS },
    );
  },
  LONG ? 1_800_000 : 120_000,
);
