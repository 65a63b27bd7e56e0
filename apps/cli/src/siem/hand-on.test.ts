import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeRecord, GENERATION_OPEN, lineOf, openingDetail, type RecordDraft, ZERO_MAC } from "@sallyport/audit";
import { sha256Hex } from "@sallyport/crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import { EventFile } from "./event-file.ts";
import { type EventSink, handOn, type TrailSource } from "./hand-on.ts";
import { readCursor, type SiemCursor, writeCursor } from "./siem-cursor.ts";

const SITE = "site:STUDY/701";
const PAGE = 4;
const scratch = mkdtempSync(join(tmpdir(), "sallyport-siem-"));
let count = 0;
let out = "";
beforeEach(() => {
  archivedUpTo.length = 0;
  out = join(scratch, `events-${(count += 1)}`);
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const draft = (chain: string, action = "subject.read", detail = "-"): RecordDraft => ({
  chain,
  principal: "prn_a",
  role: "clinical_reviewer",
  workload: "spiffe://d.sallyport/service/reviewer",
  action,
  resource: "subject:ref_1",
  site: chain === "system" ? "-" : chain.slice(5),
  decision: "allow",
  reason: "r1",
  request_id: "req_1",
  policy: "v1:0123456789abcdef",
  detail,
});

/** A trail that puts each reading of a chain on record in it, as the product's does. MACs are digests: nobody here has the key. */
class Trail implements TrailSource {
  readonly lines = new Map<string, string[][]>();
  readonly gone = new Map<string, Awaited<ReturnType<TrailSource["archived"]>>>();
  deployment = "dabcdefghijkl";
  readings = 0;

  constructor(...chains: readonly string[]) {
    for (const chain of chains) this.lines.set(chain, [[]]);
  }

  add(chain: string, times = 1, action?: string): void {
    for (let n = 0; n < times; n++) this.#put(draft(chain, action));
  }

  nextGeneration(chain: string): void {
    const all = this.#all(chain);
    const { mac, seq } = this.#head(chain);
    const detail = openingDetail({ generation: all.length, seq, mac });
    all.push([]);
    this.#put(draft(chain, GENERATION_OPEN, detail));
  }

  chains(): ReturnType<TrailSource["chains"]> {
    const listed = [...this.lines].map(([chain, all]) => ({ chain, generation: all.length, checkpointed: all.at(-1)?.length ?? 0 }));
    this.add("system", 1, "trail.read");
    return Promise.resolve(listed);
  }

  read(chain: string, generation: number, from: number): Promise<readonly string[]> {
    this.readings += 1;
    const page = (this.#all(chain)[generation - 1] ?? []).slice(from - 1, from - 1 + PAGE);
    this.add(chain, 1, "trail.export");
    return Promise.resolve(page);
  }

  archived(chain: string): ReturnType<TrailSource["archived"]> {
    this.add("system", 1, "trail.read");
    return Promise.resolve(this.gone.get(chain) ?? []);
  }

  /** Takes the records of the first generations away, as archiving them does. */
  archive(chain: string, upTo: number): void {
    const all = this.#all(chain).slice(0, upTo);
    const headOf = (lines: readonly string[]): string => (JSON.parse(lines.at(-1) ?? "{}") as { mac: string }).mac;
    this.gone.set(
      chain,
      all.map((lines, at) => ({ generation: at + 1, size: lines.length, head: headOf(lines) })),
    );
    for (const lines of all) lines.length = 0;
  }

  #put(of: RecordDraft): void {
    const { seq, mac: prevMac } = this.#head(of.chain);
    const all = this.#all(of.chain);
    const body = encodeRecord(of, {
      deployment: this.deployment,
      generation: all.length,
      seq: seq + 1,
      timestampUtc: new Date(Date.UTC(2026, 0, 2) + seq * 1000).toISOString(),
      prevMac,
    });
    all.at(-1)?.push(lineOf(body, sha256Hex(body)));
  }

  #head(chain: string): { readonly seq: number; readonly mac: string } {
    const open = this.#all(chain).at(-1) ?? [];
    const last = open.at(-1);
    return { seq: open.length, mac: last === undefined ? ZERO_MAC : (JSON.parse(last) as { mac: string }).mac };
  }

  #all(chain: string): string[][] {
    const all = this.lines.get(chain);
    if (all === undefined) throw new Error("no such chain");
    return all;
  }
}

const archivedUpTo: string[] = [];
const never = new AbortController().signal;

async function round(trail: Trail, wrap: (sink: EventSink) => EventSink = (sink) => sink): Promise<number> {
  const file = new EventFile(out, `${out}.cursor`);
  try {
    return await handOn(trail, wrap(file), readCursor(`${out}.cursor`), { signal: never, onArchived: (chain, upTo) => archivedUpTo.push(`${chain} ${upTo}`) });
  } finally {
    file.close();
  }
}

interface Event {
  readonly metadata: { readonly uid: string; readonly sequence: number };
  readonly [name: string]: unknown;
}
const linesOut = (): readonly string[] => readFileSync(out, "utf8").split("\n").slice(0, -1);
const events = (): readonly Event[] => linesOut().map((line) => JSON.parse(line) as Event);
const uids = (): readonly string[] => events().map(({ metadata }) => metadata.uid);
const every = (trail: Trail, chain: string, sizes: readonly number[]): readonly string[] =>
  sizes.flatMap((size, at) => Array.from({ length: size }, (_, n) => `${trail.deployment}/${chain}/${at + 1}/${n + 1}`));

test("every record of every chain is handed on once, in order, over pages and rounds", async () => {
  const trail = new Trail("system", SITE);
  trail.add(SITE, 9);
  expect(await round(trail)).toBe(9);
  trail.add(SITE, 2);
  await round(trail);
  // Nine, the three readings of them, and two.
  expect(uids().filter((uid) => uid.includes(SITE))).toEqual(every(trail, SITE, [14]));
  expect(new Set(uids()).size).toBe(uids().length);
});

test("a chain in which nothing is new but our own reading is left alone, until something is", async () => {
  const trail = new Trail("system", SITE);
  trail.add(SITE, 3);
  await round(trail);
  const { readings } = trail;
  for (let n = 0; n < 20; n++) expect(await round(trail)).toBe(0);
  expect(trail.readings).toBe(readings);
  trail.add(SITE);
  expect(await round(trail)).toBe(2);
  expect(uids().filter((uid) => uid.includes(SITE))).toEqual(every(trail, SITE, [5]));
  trail.add("system");
  await round(trail);
  expect(
    events()
      .filter(({ metadata: { uid } }) => uid.includes("/system/"))
      .map(({ metadata }) => metadata.sequence),
  ).toEqual(Array.from({ length: 23 }, (_, n) => n + 1));
});

test("a generation is handed on whole before the next, which must cite its last record", async () => {
  const trail = new Trail("system", SITE);
  trail.add(SITE, 6);
  await round(trail);
  trail.add(SITE, 3);
  trail.nextGeneration(SITE);
  trail.add(SITE, 2);
  await round(trail);
  expect(uids().filter((uid) => uid.includes(SITE))).toEqual(every(trail, SITE, [11, 3]));
});

test("records come again rather than never, when it is ended between the file and its cursor, and a line that was cut is ended", async () => {
  const trail = new Trail("system", SITE);
  trail.add(SITE, 6);
  const killed = round(trail, (sink) => {
    let isAppended = false;
    return {
      append: (lines) => {
        sink.append(lines);
        isAppended = true;
      },
      keep: (cursor) => {
        if (isAppended) throw new Error("killed");
        sink.keep(cursor);
      },
    };
  });
  await expect(killed).rejects.toThrow("killed");
  writeFileSync(out, readFileSync(out, "utf8").slice(0, -40));
  await round(trail);
  const whole = linesOut().filter((line) => line.endsWith("}"));
  const seen = new Set(whole.map((line) => (JSON.parse(line) as Event).metadata.uid));
  for (const uid of every(trail, SITE, [6])) expect(seen).toContain(uid);
  expect(linesOut().length - whole.length).toBe(1);
});

test.each<[string, (trail: Trail) => void]>([
  ["was cut", (trail) => trail.lines.get(SITE)?.at(-1)?.splice(2)],
  [
    "was written anew",
    (trail) => {
      trail.lines.set(SITE, [[]]);
      trail.add(SITE, 12, "phi.read");
    },
  ],
  [
    "is another deployment's",
    (trail) => {
      trail.lines.set("system", [[]]);
      trail.lines.set(SITE, [[]]);
      trail.deployment = "dother";
      trail.add(SITE, 12);
    },
  ],
  [
    "lost a record",
    (trail) => {
      trail.add(SITE, 6);
      trail.lines.get(SITE)?.at(-1)?.splice(7, 1);
    },
  ],
])("a trail that %s is not gone on past", async (_, change) => {
  const trail = new Trail("system", SITE);
  trail.add(SITE, 6);
  await round(trail);
  change(trail);
  const ofSite = (): readonly string[] => uids().filter((uid) => uid.includes(SITE));
  const before = ofSite();
  await expect(round(trail)).rejects.toMatchObject({ code: "cursor.diverged" });
  expect(ofSite()).toEqual(before);
});

/** A site's chain of so many generations, of four records each and the readings of them. */
function generations(many: number): Trail {
  const trail = new Trail("system", SITE);
  for (let n = 0; n < many; n += 1) {
    if (n > 0) trail.nextGeneration(SITE);
    trail.add(SITE, 4);
  }
  return trail;
}
const ofGenerations = (): readonly number[] => [
  ...new Set(
    uids()
      .filter((uid) => uid.includes(SITE))
      .map((uid) => Number(uid.split("/").at(-2))),
  ),
];

test.each([1, 2, 3])("a new cursor begins behind the %i generations that were archived, and says so once", async (many) => {
  const trail = generations(many + 1);
  trail.archive(SITE, many);
  await round(trail);
  expect(archivedUpTo).toEqual([`${SITE} ${many}`]);
  expect(ofGenerations()).toEqual([many + 1]);
  trail.add(SITE, 2);
  await round(trail);
  expect(archivedUpTo).toHaveLength(1);
  expect(ofGenerations()).toEqual([many + 1]);
});

test("a new cursor doesn't begin behind another generation than the archived one", async () => {
  const trail = generations(3);
  trail.archive(SITE, 2);
  trail.gone.set(SITE, [
    { generation: 1, size: 4, head: ZERO_MAC },
    { generation: 2, size: 5, head: ZERO_MAC },
  ]);
  await expect(round(trail)).rejects.toMatchObject({ code: "cursor.diverged" });
  expect(existsSync(out) ? ofGenerations() : []).toEqual([]);
});

test("generations that are gone and that nobody archived stop their chain", async () => {
  const trail = generations(4);
  trail.archive(SITE, 3);
  trail.gone.clear();
  await expect(round(trail)).rejects.toMatchObject({ code: "cursor.diverged" });
});

test.each([2, 3])("where records up to generation %i were archived before they were handed on, the chain stops, and it is said which", async (upTo) => {
  const trail = generations(1);
  await round(trail);
  for (let n = 1; n < 4; n += 1) {
    trail.add(SITE, 2);
    trail.nextGeneration(SITE);
    trail.add(SITE, 4);
  }
  trail.archive(SITE, upTo);
  trail.add("system");
  const lost = Array.from({ length: upTo }, (_, n) => n + 1).join(", ");
  for (let n = 0; n < 2; n += 1) await expect(round(trail)).rejects.toMatchObject({ code: "cursor.archived", context: { why: `${SITE}, generations ${lost}` } });
  expect(ofGenerations()).toEqual([1]);
});

test("what was archived after it was handed on stops nothing", async () => {
  const trail = generations(1);
  trail.nextGeneration(SITE);
  trail.add(SITE, 4);
  await round(trail);
  trail.nextGeneration(SITE);
  trail.add(SITE, 4);
  trail.archive(SITE, 1);
  await round(trail);
  expect(ofGenerations()).toEqual([1, 2, 3]);
});

test("one chain that doesn't follow keeps none of the others from being handed on", async () => {
  const other = "site:STUDY/702";
  const trail = new Trail(SITE, "system", other);
  trail.add(SITE, 6);
  await round(trail);
  trail.lines.get(SITE)?.at(-1)?.splice(2);
  trail.add(other, 3);
  await expect(round(trail)).rejects.toMatchObject({ code: "cursor.diverged" });
  expect(uids().filter((uid) => uid.includes(other))).toEqual(every(trail, other, [3]));
});

test("a cursor that isn't one is refused, and one that is not there begins at the beginning", () => {
  const file = join(scratch, "cursor");
  expect(readCursor(file)).toEqual({ v: 1, deployment: null, chains: {} });
  const cursor: SiemCursor = { v: 1, deployment: "d", chains: { system: { generation: 1, seq: 3, mac: "0".repeat(64), own: 1 } } };
  writeCursor(file, cursor);
  expect(readCursor(file)).toEqual(cursor);
  for (const text of ["", "{}", '{"v":2,"deployment":null,"chains":{}}', '{"v":1,"deployment":null,"chains":{"system":{"generation":1,"seq":-1,"mac":"","own":0}}}']) {
    writeFileSync(file, text);
    expect(() => readCursor(file)).toThrow(expect.objectContaining({ code: "cursor.unreadable" }));
  }
});

test("an event says who did what, how it ended, and all that the record holds", async () => {
  const trail = new Trail(SITE);
  trail.lines.set("system", [[]]);
  trail.add(SITE, 1, "emergency.open");
  await round(trail);
  const [event] = events();
  expect(event).toMatchObject({
    class_uid: 6003,
    category_uid: 6,
    activity_id: 1,
    type_uid: 600_301,
    time: Date.UTC(2026, 0, 2),
    severity_id: 4,
    status_id: 1,
    metadata: { version: "1.6.0", uid: `${trail.deployment}/${SITE}/1/1`, event_code: "emergency.open" },
    actor: { user: { uid: "prn_a" } },
    api: { operation: "emergency.open", request: { uid: "req_1" } },
    src_endpoint: { uid: "spiffe://d.sallyport/service/reviewer" },
    unmapped: { site: "STUDY/701", detail: "-", generation: 1, prev_mac: ZERO_MAC },
  });
});
