import { cdiscSdtm } from "@sallyport/phi";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { inGroups, NAUGHTY } from "./naughty-strings.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import { UploadSteps } from "./upload-steps.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const REASON = "as they came";

let at: Deployment;
let api: Api;
let own: UploadSteps;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  own = new UploadSteps(at, api);
}, 60_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

type Cell = string | number;
const DM = ["STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", "RACE"] as const;
/** A file whose columns are all texts of 4,000 characters, but for those that number its rows; `keys` are its declared key. */
const table = (name: string, columns: readonly string[], rows: readonly (readonly Cell[])[], keys: readonly string[] = []): Buffer =>
  Buffer.from(
    JSON.stringify({
      datasetJSONCreationDateTime: "2024-06-03T09:00:00",
      datasetJSONVersion: "1.1.0",
      itemGroupOID: `IG.${name}`,
      records: rows.length,
      name,
      label: name,
      columns: columns.map((variable) => ({
        itemOID: `IT.${variable}`,
        name: variable,
        label: variable,
        ...(isNumber(variable) ? { dataType: "integer" } : { dataType: "string", length: 4000 }),
        ...(keys.includes(variable) && { keySequence: keys.indexOf(variable) + 1 }),
      })),
      rows,
    }),
  );
const isNumber = (variable: string): boolean => variable.endsWith("SEQ") || variable === "VISITNUM";
const file = (name: "DM", rows: readonly (readonly Cell[])[]): Buffer => table(name, DM, rows);
const person = (n: number, over: Partial<Record<(typeof DM)[number], string>> = {}): readonly Cell[] => {
  const row = { STUDYID: STUDY, DOMAIN: "DM", USUBJID: `N-${n}`, SUBJID: `S${n}`, SITEID: "701", RACE: "WHITE", ...over };
  return DM.map((name) => row[name]);
};
const taken = async (...files: readonly Buffer[]): Promise<Reply> => {
  const packetId = await own.begin(...files);
  for (const [n, bytes] of files.entries()) await own.send(packetId, n + 1, bytes);
  const reply = await own.complete(packetId, files);
  if (reply.status !== 200) dataOf(await api.call("ingest", "packets.abandon", { packetId }));
  return reply;
};
const idOf = (reply: Reply): string => (dataOf(reply) as { packetId: string }).packetId;
/** What a busy machine had no time for is asked again, as every client does. */
const reveal = async (subjectId: string, field: string, record = "1"): Promise<string> => {
  for (let tries = 0; ; tries += 1) {
    const reply = await api.call("reviewer", "subjects.reveal", { subjectId, field, record, purpose: "audit", reason: REASON });
    if (reply.status !== 503 || tries === 20) return (dataOf(reply) as { value: string }).value;
  }
};
const release = async (packetId: string): Promise<unknown> => dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }));

/** What says whose a row is and which, and so can't be any string. */
const NAMING = ["STUDYID", "DOMAIN", "RDOMAIN", "USUBJID", "SUBJID", "SITEID"];
/** The domains that follow a subject, all of them in a long run, each with every variable that the profile knows of it, and with one that it doesn't. */
const DOMAINS = Object.entries(cdiscSdtm.domains)
  .filter(([domain]) => (LONG ? !["*", "TS"].includes(domain) : ["DM", "DS", "SUPPDM"].includes(domain)))
  .map(([domain, known]) => {
    const general = Object.keys(cdiscSdtm.domains["*"] ?? {}).filter((name) => !NAMING.includes(name));
    return { domain, texts: [...new Set([...Object.keys(known), ...general, "XNAUGHTY"])].filter((name) => !isNumber(name)) };
  });
/** In row `n`, the column `at` has the string `n + at`: over all rows every column has every string. */
const textsOf = (texts: readonly string[], n: number): readonly string[] => texts.map((_, at) => NAUGHTY[(n + at) % NAUGHTY.length] ?? "");

/** The files of one packet, in which every text column has every naughty string; `also` changes a cell. */
function everywhere(also: (columns: readonly string[], row: number, texts: readonly string[]) => readonly string[] = (_, __, texts) => texts): readonly Buffer[] {
  return DOMAINS.map(({ domain, texts }) => {
    const rows = NAUGHTY.map((_, n) => also(texts, n, textsOf(texts, n)));
    if (domain === "DM")
      return table(
        "DM",
        ["STUDYID", "DOMAIN", "USUBJID", "SUBJID", "SITEID", ...texts],
        rows.map((row, n) => [STUDY, "DM", `R-${n}`, `R${n}`, "701", ...row]),
      );
    // The events of a few people, so that each has many.
    const whose = (n: number): string => `R-${n % 4}`;
    if (domain.startsWith("SUPP"))
      return table(
        domain,
        ["STUDYID", "RDOMAIN", "USUBJID", ...texts],
        rows.map((row, n) => [STUDY, domain.slice(4), whose(n), ...row]),
        ["USUBJID", "IDVAR", "IDVARVAL", "QNAM"],
      );
    const number = domain === "SV" ? "VISITNUM" : `${domain}SEQ`;
    return table(
      domain,
      ["STUDYID", "DOMAIN", "USUBJID", number, ...texts],
      rows.map((row, n) => [STUDY, domain, whose(n), n + 1, ...row]),
      ["USUBJID", number],
    );
  });
}

interface Inspected {
  readonly release: {
    readonly refused: boolean;
    readonly equal: boolean;
    readonly records: { readonly created: number; readonly updated: number; readonly unchanged: number };
    readonly differences: readonly { readonly domain: string; readonly changed: readonly string[] }[];
  };
}
const inspect = async (packetId: string): Promise<Inspected["release"]> => (dataOf(await api.call("steward", "packets.inspect", { packetId })) as Inspected).release;

test(
  "every naughty string in every text column comes in by parts, is inspected, released, masked, revealed as it came, and the same when it comes again",
  async () => {
    const records = NAUGHTY.length * DOMAINS.length;
    const packetId = idOf(await taken(...everywhere()));
    expect((await inspect(packetId)).refused).toBe(false);
    expect(await release(packetId)).toMatchObject({ records: { created: records } });

    // What is stored is all that came, cell by cell: the same packet has nothing new, and one cell that differs is told by its column.
    const again = idOf(await taken(...everywhere()));
    expect(await inspect(again)).toMatchObject({ refused: false, equal: true, records: { created: 0, updated: 0, unchanged: records }, differences: [] });
    const columnOf = (texts: readonly string[]): string => texts.find((name) => !["IDVAR", "IDVARVAL", "QNAM"].includes(name)) ?? "";
    const changed = everywhere((texts, n, row) => (n === 7 ? row.map((text, at) => (at === texts.indexOf(columnOf(texts)) ? `${text}.` : text)) : row));
    const other = idOf(await taken(...changed));
    const { differences, ...rest } = await inspect(other);
    expect(rest).toMatchObject({ equal: false, records: { created: 0, updated: DOMAINS.length } });
    const told = new Map(differences.map(({ domain, changed }) => [domain, changed]));
    expect(told).toEqual(new Map(DOMAINS.map(({ domain, texts }) => [domain, [columnOf(texts)]])));
    dataOf(await api.call("steward", "packets.reject", { packetId: other, reason: REASON }));
    await release(again);

    // And comes out as it came: each of them from one column, in a long run from every column that a reviewer may open.
    const came = new Map<string, Set<unknown>>();
    const keep = (field: string, value: unknown): void => void came.set(field, (came.get(field) ?? new Set()).add(value));
    for (const subjectId of await everybody()) {
      const { domains } = dataOf(await api.call("reviewer", "subjects.get", { subjectId })) as { domains: readonly { domain: string }[] };
      for (const { domain } of domains.filter((each) => LONG || each.domain === "DS")) {
        const texts = DOMAINS.find((each) => each.domain === domain)?.texts ?? [];
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = dataOf(await api.call("reviewer", "subjects.get", { subjectId, domain, ...(cursor !== undefined && { cursor }) })) as Page;
          cursor = page.next;
          for (const { field, value } of page.fields.filter(({ state, field }) => state === "readable" && texts.includes(field.slice(domain.length + 1)))) keep(field, value);
          const masked = page.fields.filter(({ state }) => state === "masked");
          expect(new Set(masked.map(({ mask }) => mask))).toEqual(new Set(["••••••"]));
          const asked = masked.filter(({ field }) => (LONG ? texts.includes(field.slice(domain.length + 1)) : field === "DS.DSTERM"));
          for (const batch of inGroups(asked, 8)) await Promise.all(batch.map(async ({ field, record }) => keep(field, await reveal(subjectId, field, record))));
        }
      }
    }
    expect(came.size).toBeGreaterThan(LONG ? 100 : 3);
    for (const [field, values] of came) expect([field, NAUGHTY.filter((naughty) => !values.has(naughty))]).toEqual([field, []]);
  },
  LONG ? 3_600_000 : 240_000,
);

interface Page {
  readonly fields: readonly { readonly field: string; readonly record: string; readonly state: string; readonly mask?: string; readonly value?: unknown }[];
  readonly next: string | null;
}
/** The ids of all subjects there are. */
async function everybody(): Promise<readonly string[]> {
  const all: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = dataOf(await api.call("reviewer", "subjects.list", { study: STUDY, limit: 500, ...(cursor !== undefined && { cursor }) })) as {
      items: readonly { subjectId: string }[];
      next: string | null;
    };
    all.push(...page.items.map(({ subjectId }) => subjectId));
    cursor = page.next;
  }
  return all;
}

/** What packet-v1.md §4 says of an identifier, and of a study's or site's. */
const isIdentifier = (text: string): boolean => text !== "" && text === text.normalize("NFC").trim() && text.length <= 64 && !/\p{Cc}/u.test(text);

test("a naughty string for a subject is the subject's very identifier, or is refused with its row and column", async () => {
  const good = NAUGHTY.filter(isIdentifier);
  const packetId = idOf(
    await taken(
      file(
        "DM",
        good.map((text, n) => person(n, { USUBJID: text, SUBJID: text })),
      ),
    ),
  );
  await release(packetId);
  const all = await everybody();
  const sample = LONG ? all : all.filter((_, n) => n % 19 === 0);
  for (const subjectId of sample) {
    const [usubjid, subjid] = await Promise.all([reveal(subjectId, "DM.USUBJID"), reveal(subjectId, "DM.SUBJID")]);
    if (usubjid.startsWith("R-")) continue;
    expect([usubjid, good.includes(usubjid)]).toEqual([subjid, true]);
  }

  const bad = NAUGHTY.filter((text) => !isIdentifier(text));
  expect(bad.length).toBeGreaterThan(3);
  for (const column of ["USUBJID", "SUBJID"] as const) {
    for (const group of inGroups(bad, 50)) {
      const reply = await taken(
        file(
          "DM",
          group.map((text, n) => person(n, { [column]: text })),
        ),
      );
      expect(codeOf(reply)).toBe("packet.invalid");
      const places = (JSON.parse(reply.text) as { where: readonly string[] }).where;
      expect(places.map((place) => /row (\d+), column ([A-Z]+)/.exec(place)?.slice(1))).toEqual(group.map((_, n) => [String(n + 1), column]));
    }
  }
}, 120_000);

test("a naughty string for a study, a site or a domain is refused, by row and column where it is no such name", async () => {
  const isToken = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
  for (const column of ["STUDYID", "SITEID", "DOMAIN"] as const) {
    const groups = inGroups(
      NAUGHTY.filter((text) => column === "DOMAIN" || !isToken(text)),
      50,
    );
    // All of them in a long run, and at some column in every run.
    for (const [n, group] of groups.entries()) {
      if (!LONG && n % 3 !== ["STUDYID", "SITEID", "DOMAIN"].indexOf(column)) continue;
      const reply = await taken(
        file(
          "DM",
          group.map((text, n) => person(n, { [column]: text })),
        ),
      );
      expect(codeOf(reply)).toBe("packet.invalid");
      const { where } = JSON.parse(reply.text) as { readonly where: readonly string[] };
      expect([column, where.every((place) => /row \d+, column /.test(place) && place.includes(column))]).toEqual([column, true]);
    }
  }
  // Names that could be some site's are nobody's: that is for the decision to say.
  const names = NAUGHTY.filter((text) => isToken(text) && text !== "701").slice(0, LONG ? undefined : 8);
  for (const site of names) expect([site, codeOf(await taken(file("DM", [person(1, { SITEID: site })])))]).toEqual([site, "policy.denied"]);
}, 120_000);

test("a naughty string for a file's name is taken as it is, or refused as no name of a file", async () => {
  const isName = (text: string): boolean => text.length > 0 && Array.from(text).length <= 255 && /^[^\p{Cc}\p{Cs}/\\]+$/u.test(text);
  const begin = (names: readonly string[]): Promise<Reply> => api.call("ingest", "packets.begin", { study: STUDY, files: names.map((name) => ({ name, bytes: 10 })) });
  for (const names of inGroups(NAUGHTY.filter(isName), 20)) {
    const { packetId } = dataOf(await begin(names)) as { packetId: string };
    dataOf(await api.call("ingest", "packets.abandon", { packetId }));
  }
  for (const name of NAUGHTY.filter((text) => !isName(text))) expect([name, codeOf(await begin([name]))]).toEqual([name, "input.invalid"]);
}, 60_000);

test("none of them was a failure of ours", async () => {
  const [row] = await at.owner.run<{ n: number }>`SELECT count(*)::integer AS n FROM audit.records WHERE body LIKE '%internal%'`;
  expect([row?.n, api.events.filter((line) => line.includes("internal"))]).toEqual([0, []]);
});
