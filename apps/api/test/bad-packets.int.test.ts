import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setTimeout as sleep } from "node:timers/promises";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import { UploadSteps } from "./upload-steps.ts";

const MIB = 1024 * 1024;

let at: Deployment;
let api: Api;
let own: UploadSteps;
beforeAll(async () => {
  at = await deployment();
  api = await at.serve();
  await at.seed(api);
  own = new UploadSteps(at, api);
}, 60_000);
afterAll(async () => {
  await api?.close();
  await at?.close();
});

const GOOD = demographics(PEOPLE);
interface Dataset {
  readonly clinicalData: { readonly itemGroupData: { readonly DM: { records: number; readonly items: { name: string }[]; readonly itemData: (string | number | object)[][] } } };
}
type Group = Dataset["clinicalData"]["itemGroupData"]["DM"];

/** The good file, changed. */
function changed(change: (group: Group, at: (variable: string) => number) => void): string {
  const file = JSON.parse(GOOD) as Dataset;
  const group = file.clinicalData.itemGroupData.DM;
  change(group, (variable) => group.items.findIndex(({ name }) => name === variable));
  return JSON.stringify(file);
}
/** The good file, with one cell of its third row replaced. */
const cell = (variable: string, value: string | number): string => changed(({ itemData }, of) => void itemData[2]?.splice(of(variable), 1, value));

/** Adverse events in Dataset-JSON 1.1, of people who are there. */
const events = (rows: readonly (readonly (string | number)[])[], names = ["STUDYID", "DOMAIN", "USUBJID", "AESEQ", "AETERM"]): string =>
  JSON.stringify({
    datasetJSONCreationDateTime: "2024-06-03T09:00:00",
    datasetJSONVersion: "1.1.0",
    itemGroupOID: "IG.AE",
    records: rows.length,
    name: "AE",
    label: "AE",
    columns: names.map((name) => ({ itemOID: `IT.${name}`, name, label: name, ...(name === "AESEQ" ? { dataType: "integer" } : { dataType: "string", length: 200 }) })),
    rows,
  });
const event = (sequence: string | number, term: string | number = "HEADACHE", subject = "PILOT-701-1015"): readonly (string | number)[] => [STUDY, "AE", subject, sequence, term];
const deep = (n: number): string => GOOD.replace('"Placebo"', `${"[".repeat(n)}${"]".repeat(n)}`);
/** As the reader sees it: what follows the fault has to be read to the end of nothing. */
const cut = (share: number): string => GOOD.slice(0, Math.floor(GOOD.length * share));

type Case = readonly [what: string, files: readonly (string | Uint8Array)[], code: string, where: RegExp];
const CASES: readonly Case[] = [
  ["a file that ends within its rows", [cut(0.9)], "packet.invalid", /^row 4 \(line 1, column \d+\): /],
  ["a file that ends within its columns", [cut(0.3)], "packet.invalid", /^line 1, column \d+: /],
  ["a text for a number", [cell("AGE", "sixty")], "packet.invalid", /^row 3, column AGE: not an integer$/],
  ["a number for a text", [cell("SEX", 7)], "packet.invalid", /^row 3, column SEX: /],
  ["a text that is longer than its column", [cell("SEX", "FEMALE")], "packet.invalid", /^row 3, column SEX: /],
  ["a key twice in a row's cell", [GOOD.replace('"Placebo"', '{"a":1,"a":2}')], "packet.invalid", /^row 1 \(line 1, column \d+\): /],
  ["a key twice at the top", [GOOD.replace("{", '{"fileOID":"X",')], "packet.invalid", /^line 1, column \d+: a key is given twice$/],
  ["10,000 lists in a cell", [deep(10_000)], "packet.invalid", /^row 1 \(line 1, column \d+\): nested too deeply$/],
  ["10,000 objects in each other", ['{"a":'.repeat(10_000)], "packet.invalid", /^line 1, column \d+: nested too deeply$/],
  ["a subject twice", [cell("USUBJID", "PILOT-701-1015")], "packet.invalid", /^row 3, column USUBJID: the subject is named in an earlier row$/],
  ["a subject of another study", [cell("STUDYID", "OTHER")], "packet.invalid", /^row 3, column STUDYID: /],
  ["a row with a cell too few", [changed(({ itemData }) => void itemData[2]?.pop())], "packet.invalid", /^row 3: /],
  ["fewer rows than it says", [changed((group) => void (group.records = 6))], "packet.invalid", /^records: not the number of rows$/],
  ["a column without a name of ours", [changed((group) => void (group.items[3] = { ...group.items[3], name: "usubjid; --" }))], "packet.invalid", /^column 4: /],
  ["a column twice", [changed(({ items }) => void (items[4] = { ...items[4], name: "USUBJID" }))], "packet.invalid", /^column 5: its name was given to an earlier column$/],
  [
    "a column that no subject is told by",
    [changed(({ items }, of) => void (items[of("USUBJID")] = { ...items[of("USUBJID")], name: "SUBJECT" }))],
    "packet.invalid",
    /^column USUBJID: missing/,
  ],
  ["gzip", [gzipSync(GOOD)], "packet.invalid", /^line 1, column 1: compressed: send it as it is$/],
  ["a gzip bomb of 100 MiB", [gzipSync(Buffer.alloc(100 * MIB, "["), { level: 9 })], "packet.invalid", /^line 1, column 1: compressed: send it as it is$/],
  ["white space of 8 MiB without an end", [Buffer.alloc(8 * MIB, " ")], "packet.invalid", /longer than it may be|more besides its rows/],
  ["bytes that are no UTF-8", [Buffer.from(GOOD.replace("Placebo", "Pl\u00e9cebo"), "latin1")], "packet.invalid", /^row 1 \(line 1, column \d+\): not UTF-8$/],
  ["a site that is nobody's", [cell("SITEID", "999")], "policy.denied", /^row 3, column SITEID: not a site that you can bring data for$/],
  ["an event of a subject that isn't there", [events([event(1), event(1, "COUGH", "PILOT-701-9999")])], "packet.invalid", /^row 2, column USUBJID: /],
  ["an event twice", [events([event(1), event(2), event(1)])], "packet.invalid", /^row 3, columns USUBJID AESEQ: /],
  ["more rows than are read", [changed((group) => void (group.records = 200_001))], "packet.invalid", /^records: more than 200,000 rows: /],
  ["an event without a number", [events([event(1), event("")])], "packet.invalid", /^row 2, column AESEQ: /],
  ["two files of one domain", [GOOD, GOOD], "packet.invalid", /^file 2 \(DM\), the file: its domain is in an earlier one$/],
  ["a fault in the second file", [GOOD, events([event(1), event(2, 7)])], "packet.invalid", /^file 2 \(AE\), row 2, column AETERM: /],
  ["a fault in the first file", [cell("AGE", "x"), events([event(1)])], "packet.invalid", /^file 1 \(DM\), row 3, column AGE: /],
  ["a second file that isn't one", [GOOD, "[]"], "packet.invalid", /^file 2/],
];

/** Asks again what a busy machine had no time for, as every client does. */
async function served(send: () => Promise<Reply>): Promise<Reply> {
  for (let tries = 0; ; tries += 1) {
    const reply = await send();
    if (reply.status !== 503 || tries === 60) return reply;
    await sleep(500);
  }
}
const abandon = async (packetId: string): Promise<unknown> => dataOf(await served(() => api.call("ingest", "packets.abandon", { packetId })));

/** All that a packet could have changed, and what of the trail isn't the refusal's own. */
async function state(): Promise<unknown> {
  const [row] = await at.owner.run<Record<string, unknown>>`
    SELECT (SELECT count(*)::integer FROM phi.subjects) AS subjects, (SELECT count(*)::integer FROM phi.records) AS records,
           (SELECT md5(string_agg(fields, '' ORDER BY fields)) FROM phi.sealed_records) AS sealed, (SELECT count(*)::integer FROM phi.record_keys) AS keys,
           (SELECT count(*)::integer FROM ingress.packets WHERE state NOT IN ('abandoned')) AS packets`;
  return row;
}

test.each(CASES)("%s is refused with its place, and nothing is changed", async (_, files, code, where) => {
  const before = await state();
  const bytes = files.map((file) => Buffer.from(file));
  const packetId = await own.begin(...bytes);
  for (const [n, each] of bytes.entries()) await own.send(packetId, n + 1, each);
  const reply = await served(() => own.complete(packetId, bytes));
  expect(codeOf(reply)).toBe(code);
  const [place = ""] = (JSON.parse(reply.text) as { readonly where?: readonly string[] }).where ?? [];
  expect(place).toMatch(where);
  expect(await own.standing(packetId)).toMatchObject({ state: "receiving" });
  await abandon(packetId);
  expect(await state()).toEqual(before);
  // The refusal is on record, and is the caller's.
  const records = (await at.records("system")).filter(({ resource, action, decision }) => resource === packetId && action === "packet.upload" && decision !== "allow");
  expect(records.map(({ reason }) => reason?.split(":")[0])).toContain(code);
});

test("reading all of them takes no memory that grows with them", async () => {
  const bomb = gzipSync(Buffer.alloc(100 * MIB, "["), { level: 9 });
  // Making it stopped this process, and the api in it, for longer than a policy is good for.
  dataOf(await served(() => api.call("ingest", "packets.unfinished", {})));
  const before = process.memoryUsage().rss;
  for (const bytes of [bomb, Buffer.from(`${"[".repeat(4 * MIB)}`), Buffer.alloc(8 * MIB, " ")]) {
    const packetId = await own.begin(bytes);
    await own.send(packetId, 1, bytes);
    expect(codeOf(await served(() => own.complete(packetId, [bytes])))).toBe("packet.invalid");
    await abandon(packetId);
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB);
});
