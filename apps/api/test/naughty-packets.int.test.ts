import { readVectors } from "@sallyport/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { STUDY } from "./dataset.ts";
import type { Reply } from "./door-client.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment } from "./stack.ts";
import { UploadSteps } from "./upload-steps.ts";

const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const VECTORS = readVectors("blns/blns.json");
/** Strings that have broken programs, where the list is beside the repository; and a few of our own everywhere. */
const NAUGHTY: readonly string[] = [
  ...new Set([
    ..."\u0000 \u001b[2J \u202edrawkcab \ufeff \ufffe \u{10ffff} e\u0301 \u00e9 \u2028 NaN -0 1e999 [object\u00a0Object] ﷽".split(" "),
    "line\nbreak",
    "'; DROP TABLE phi.subjects; --",
    "=HYPERLINK(1)",
    " padded ",
    "ß".repeat(300),
    ...(JSON.parse(VECTORS?.toString("utf8") ?? "[]") as string[]),
  ]),
];
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
const AE = ["STUDYID", "DOMAIN", "USUBJID", "AESEQ", "AETERM", "AEMODIFY", "AELLT", "AEDECOD", "AEBODSYS", "AEOUT", "AEACN", "AELOC"] as const;
const file = (name: "DM" | "AE", rows: readonly (readonly Cell[])[]): Buffer =>
  Buffer.from(
    JSON.stringify({
      datasetJSONCreationDateTime: "2024-06-03T09:00:00",
      datasetJSONVersion: "1.1.0",
      itemGroupOID: `IG.${name}`,
      records: rows.length,
      name,
      label: name,
      columns: (name === "DM" ? DM : AE).map((variable) => ({
        itemOID: `IT.${variable}`,
        name: variable,
        label: variable,
        ...(variable === "AESEQ" ? { dataType: "integer" } : { dataType: "string", length: 4000 }),
      })),
      rows,
    }),
  );
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
const inGroups = <T>(all: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
/** What a busy machine had no time for is asked again, as every client does. */
const reveal = async (subjectId: string, field: string, record = "1"): Promise<string> => {
  for (let tries = 0; ; tries += 1) {
    const reply = await api.call("reviewer", "subjects.reveal", { subjectId, field, record, purpose: "audit", reason: REASON });
    if (reply.status !== 503 || tries === 20) return (dataOf(reply) as { value: string }).value;
  }
};
const release = async (packetId: string): Promise<unknown> => dataOf(await api.call("steward", "packets.release", { packetId, reason: REASON }));

test("every naughty string in a text of a record comes in by parts, is inspected, released, masked, and revealed as it came", async () => {
  // Eight of them in each event, and each person has some events.
  const groups = inGroups(NAUGHTY, AE.length - 4);
  const people = 4;
  const events = groups.map((texts, n) => [STUDY, "AE", `R-${n % people}`, n + 1, ...Array.from({ length: AE.length - 4 }, (_, each) => texts[each] ?? "-")]);
  const subjects = Array.from({ length: people }, (_, n) => person(n, { USUBJID: `R-${n}`, SUBJID: `R${n}`, RACE: NAUGHTY[n] ?? "" }));
  const packetId = idOf(await taken(file("AE", events), file("DM", subjects)));
  const inspected = dataOf(await api.call("steward", "packets.inspect", { packetId })) as { release: { refused: boolean } };
  expect(inspected.release.refused).toBe(false);
  expect(await release(packetId)).toMatchObject({ records: { created: events.length + people } });

  const listed = dataOf(await api.call("reviewer", "subjects.list", { study: STUDY, limit: 500 })) as { items: readonly { subjectId: string }[] };
  const came = new Set<string>();
  for (const { subjectId } of listed.items) {
    const opened = dataOf(await api.call("reviewer", "subjects.get", { subjectId, domain: "AE" })) as {
      fields: readonly { field: string; record: string; state: string; mask?: string }[];
    };
    const texts = opened.fields.filter(({ field }) => /^AE\.AE(?!SEQ)/.test(field));
    expect(texts.every(({ state, mask }) => state === "masked" && mask === "••••••")).toBe(true);
    for (const batch of inGroups(texts, 8)) {
      for (const value of await Promise.all(batch.map(async ({ field, record }) => await reveal(subjectId, field, record)))) came.add(value);
    }
  }
  for (const naughty of NAUGHTY) expect([naughty, came.has(naughty)]).toEqual([naughty, true]);
}, 120_000);

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
  const { items } = dataOf(await api.call("reviewer", "subjects.list", { study: STUDY, limit: 500 })) as { items: readonly { subjectId: string }[] };
  const sample = LONG ? items : items.filter((_, n) => n % 9 === 0);
  for (const { subjectId } of sample) {
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
