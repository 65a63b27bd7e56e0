import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { type Editing, hasPilot, pilot } from "./pilot.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";
import { UploadSteps } from "./upload-steps.ts";

const REASON = "checked against the source";
const FOLLOWING = { AE: 287, DS: 155, SUPPDM: 312, SV: 910 } as const;
const BODY = { bodyBytes: 16 * 1024 * 1024 };

interface Released {
  readonly subjects: object;
  readonly records: { readonly created: number; readonly updated: number };
  readonly equal: boolean;
}
interface Opened {
  readonly domains: readonly { readonly domain: string; readonly records: number }[];
  readonly fields: readonly { readonly state: string; readonly field: string; readonly record: string; readonly value?: unknown }[];
  readonly next: string | null;
}

let at: Deployment;
let api: Api;
const start = async (): Promise<void> => {
  at = await deployment();
  api = await at.serve({ limits: BODY });
};
const end = async (): Promise<void> => {
  await api?.close();
  await at?.close();
};

const send = (content: string, who: Who = "ingest") => api.call(who, "packets.upload", { study: STUDY, content });
const upload = async (content: string): Promise<string> => (dataOf(await send(content)) as { packetId: string }).packetId;
const decide = (packetId: string, key?: string) => api.call("steward", "packets.release", { packetId, reason: REASON }, key);
const deliver = async (content: string): Promise<Released> => dataOf(await decide(await upload(content))) as Released;
const whereOf = (text: string): readonly string[] => (JSON.parse(text) as { where?: readonly string[] }).where ?? [];

const VERSIONS = async (): Promise<readonly string[]> => {
  const rows = await at.owner.run<{ line: string }>`
    SELECT concat_ws(' ', domain, version, count(*)) AS line FROM phi.records GROUP BY domain, version ORDER BY domain, version`;
  return rows.map(({ line }) => line);
};
const one =
  (variable: string, value: string | number) =>
  ({ rows, at: place }: Editing): void => {
    const row = rows[4];
    if (row !== undefined) row[place(variable)] = value;
  };

describe.skipIf(!hasPilot)(hasPilot ? "the CDISC pilot" : "the CDISC pilot (skipped: ../shared/data is not there)", () => {
  beforeAll(start, 60_000);
  afterAll(end);

  test("a domain that follows its subjects is refused before they are there, by row, and nothing is stored", async () => {
    const refused = await send(pilot("AE"));
    expect(codeOf(refused)).toBe("packet.invalid");
    const where = whereOf(refused.text);
    expect(where).toHaveLength(50);
    expect(where[0]).toBe("row 1, column USUBJID: not a subject that you can bring data for; DM goes first");
    expect(await at.owner.run`SELECT 1 FROM ingress.packets`).toEqual([]);
  });

  test("a dataset of the trial itself is refused", async () => {
    const refused = await send(pilot("TS"));
    expect([codeOf(refused), whereOf(refused.text)[0]]).toEqual(["packet.invalid", expect.stringContaining("USUBJID")]);
  });

  test("every domain is released after DM, and the same files again change nothing", async () => {
    expect(await deliver(pilot("DM"))).toMatchObject({ subjects: { created: 76 }, records: { created: 76, updated: 0, unchanged: 0, absent: 0 }, equal: false });
    for (const [domain, rows] of Object.entries(FOLLOWING)) {
      const first = await deliver(pilot(domain));
      expect([domain, first]).toMatchObject([domain, { subjects: { created: 0 }, records: { created: rows, updated: 0, unchanged: 0, absent: 0 }, equal: false }]);
    }
    for (const [domain, rows] of Object.entries({ DM: 76, ...FOLLOWING })) {
      const again = await deliver(pilot(domain));
      expect([domain, again]).toMatchObject([domain, { records: { created: 0, updated: 0, unchanged: rows, absent: 0 }, equal: true }]);
    }
    expect(await VERSIONS()).toEqual(["AE 1 287", "DM 1 76", "DS 1 155", "SUPPDM 1 312", "SV 1 910"]);
  }, 120_000);

  test("a subject is opened domain by domain, record by record in the file's order, without what would unblind", async () => {
    const { items } = dataOf(await api.call("reviewer", "subjects.list", { site: "701", limit: 500 })) as { items: { subjectId: string }[] };
    const opened: (readonly [string, Opened])[] = [];
    for (const { subjectId } of items) opened.push([subjectId, dataOf(await api.call("reviewer", "subjects.get", { subjectId, domain: "AE" })) as Opened]);
    const [subjectId, most] = opened.toSorted(([, a], [, b]) => b.fields.length - a.fields.length)[0] ?? ["", { fields: [], domains: [], next: null }];
    const sequence = most.fields.flatMap(({ field, value }) => (field === "AE.AESEQ" ? [Number(value)] : []));
    const delivered = new Map<unknown, number[]>();
    pilot("AE", ({ rows, at: place }) => {
      for (const row of rows) delivered.set(row[place("USUBJID")], [...(delivered.get(row[place("USUBJID")]) ?? []), Number(row[place("AESEQ")])]);
    });
    expect(sequence.length).toBeGreaterThan(5);
    expect([...delivered.values()]).toContainEqual(sequence);
    expect(most.domains.map(({ domain }) => domain)).toEqual(["AE", "DM", "DS", "SUPPDM", "SV"]);
    expect(most.domains[0]).toEqual({ domain: "AE", records: sequence.length });
    expect(most.fields.find(({ field }) => field === "AE.AETERM")).toMatchObject({ state: "masked", record: expect.stringMatching(/^[0-9a-hjkmnp-tv-z]{26}$/) });
    const bare = dataOf(await api.call("reviewer", "subjects.get", { subjectId })) as Opened;
    expect(bare.fields.every(({ field, record }) => field.startsWith("DM.") && record === "1")).toBe(true);
    expect(bare.fields.some(({ field }) => field === "DM.ARM")).toBe(false);
    const term = most.fields.findLast(({ field }) => field === "AE.AETERM");
    const revealed = await api.call("reviewer", "subjects.reveal", { subjectId, field: "AE.AETERM", record: term?.record, purpose: "safety", reason: "an adverse event" });
    expect(dataOf(revealed)).toMatchObject({ field: "AE.AETERM", record: term?.record, value: expect.stringMatching(/^[A-Z]/) });
    expect(codeOf(await api.call("reviewer", "subjects.reveal", { subjectId, field: "AE.AETERM", purpose: "safety", reason: "an adverse event" }))).toBe("policy.denied");
  });

  test("a corrected DM and a corrected AE become version 2 of what they correct; old versions and records that are left out stay", async () => {
    expect(await deliver(pilot("DM", one("AGE", 71)))).toMatchObject({ subjects: { created: 0, updated: 1, unchanged: 75 }, records: { updated: 1, unchanged: 75 } });
    const shorter = ({ rows, at: place, items }: Editing): void => {
      one("AESEV", "SEVERE")({ rows, at: place, items });
      rows.splice(100, 10);
    };
    const corrected = await deliver(pilot("AE", shorter));
    expect(corrected).toMatchObject({ records: { created: 0, updated: 1, unchanged: 276, absent: 10 }, equal: false });
    expect(await VERSIONS()).toEqual(["AE 1 287", "AE 2 1", "DM 1 76", "DM 2 1", "DS 1 155", "SUPPDM 1 312", "SV 1 910"]);
    expect(await deliver(pilot("AE", shorter))).toMatchObject({ records: { updated: 0, unchanged: 277, absent: 10 }, equal: true });
  }, 60_000);

  test("a file whose records would be told apart otherwise is refused, and says by what", async () => {
    const otherwise = ({ items, rows, at: place }: Editing): void => {
      const sequence = place("AESEQ");
      for (const row of rows) row.splice(sequence, 1);
      items.splice(sequence, 1);
      items[place("AETERM")] = { ...items[place("AETERM")], name: "AETERM", keySequence: 3 };
      const seen = new Set<string>();
      const kept = rows.filter((row) => {
        const key = [row[place("USUBJID")], row[place("AETERM")], row[place("AESTDTC")]].join();
        return !seen.has(key) && seen.add(key);
      });
      rows.splice(0, rows.length, ...kept);
    };
    const refused = await send(pilot("AE", otherwise));
    expect([codeOf(refused), whereOf(refused.text)]).toEqual([
      "packet.invalid",
      ["columns: a subject's records of AE are told apart by AESEQ since its first release, here by AESTDTC, AETERM"],
    ]);
  });

  test("rows about a subject out of reach and about one that isn't there are refused byte for byte alike", async () => {
    const about =
      (usubjid: string) =>
      ({ rows, at: place }: Editing): void => {
        rows.splice(1);
        for (const row of rows) row[place("USUBJID")] = usubjid;
      };
    const plain = (text: string): string => text.replace(/req_[0-9a-z]{26}/, "req");
    const foreign = await send(pilot("AE", about("01-704-1008")), "ingest701");
    const absent = await send(pilot("AE", about("01-704-9999")), "ingest701");
    expect(codeOf(foreign)).toBe("packet.invalid");
    expect(plain(foreign.text)).toBe(plain(absent.text));
    expect(codeOf(await send(pilot("AE", about("01-701-1015")), "ingest701"))).toBe("ok");
  });
});

describe.skipIf(!hasPilot)(hasPilot ? "a packet of several files" : "a packet of several files (skipped: ../shared/data is not there)", () => {
  beforeAll(start, 60_000);
  afterAll(end);

  const complete = async (...texts: readonly string[]) => {
    const files = texts.map((text) => Buffer.from(text));
    const steps = new UploadSteps(at, api);
    const packetId = await steps.begin(...files);
    for (const [n, bytes] of files.entries()) await steps.send(packetId, n + 1, bytes);
    return { packetId, reply: await steps.complete(packetId, files) };
  };

  test("DM is read first wherever it stands, and its subjects count as there for the other files", async () => {
    const { packetId, reply } = await complete(pilot("AE"), pilot("DM"));
    expect(dataOf(reply)).toMatchObject({
      dataset: "DM+AE",
      rows: 363,
      sites: ["701", "704"],
      files: [
        { n: 1, dataset: "AE" },
        { n: 2, dataset: "DM" },
      ],
    });
    const { release } = dataOf(await api.call("steward", "packets.inspect", { packetId })) as { release: Released };
    expect(release).toMatchObject({ subjects: { created: 76, updated: 0 }, records: { created: 363, updated: 0, absent: 0 }, refused: false });
    expect(dataOf(await decide(packetId))).toMatchObject({ subjects: release.subjects, records: release.records, equal: false });
    const again = await complete(pilot("DM"), pilot("AE", one("AESEV", "SEVERE")));
    expect(dataOf(await decide(again.packetId))).toMatchObject({
      subjects: { created: 0, updated: 1, unchanged: 75 },
      records: { created: 0, updated: 1, unchanged: 362, absent: 0 },
    });
    expect(await VERSIONS()).toEqual(["AE 1 287", "AE 2 1", "DM 1 76"]);
  }, 60_000);

  test("a fault names its file and its domain, and nothing of the packet is taken", async () => {
    const { reply } = await complete(pilot("DM"), pilot("AE", one("USUBJID", "01-704-9999")));
    expect([codeOf(reply), whereOf(reply.text)]).toEqual(["packet.invalid", ["file 2 (AE), row 5, column USUBJID: not a subject that you can bring data for; DM goes first"]]);
    const twice = await complete(pilot("DM"), pilot("DM"));
    expect([codeOf(twice.reply), whereOf(twice.reply.text)]).toEqual(["packet.invalid", ["file 2 (DM), the file: its domain is in an earlier one"]]);
  });
});

describe("releases at once", () => {
  beforeAll(start, 60_000);
  afterAll(end);

  /** Two packets are compared with what is stored before either writes, unless one has to wait for the other. */
  const skewed = async (isLocking: boolean): Promise<readonly string[]> => {
    let comparing = 0;
    const meet = async (): Promise<void> => {
      comparing += 1;
      await until(() => comparing >= 2, 1000).catch(() => undefined);
    };
    await using met = await at.serve({
      ports: (real) => ({
        ...real,
        subjects: {
          ...real.subjects,
          find: (tx, grant, study, lookups, how) => real.subjects.find(tx, grant, study, lookups, isLocking ? how : "look"),
          current: async (...asked) => {
            const current = await real.subjects.current(...asked);
            await meet();
            return current;
          },
        },
      }),
    });
    const [a, b] = isLocking ? ["5001", "5002"] : ["5003", "5004"];
    const pair = (first: number, second: number) =>
      demographics([
        { site: "701", subject: a, age: first },
        { site: "701", subject: b, age: second },
      ]);
    await deliver(pair(40, 40));
    const packets = await Promise.all([upload(pair(50, 40)), upload(pair(40, 60))]);
    const codes = await Promise.all(packets.map(async (packetId) => codeOf(await met.call("steward", "packets.release", { packetId, reason: REASON }))));
    for (const [n, code] of codes.entries()) if (code !== "ok") expect([code, codeOf(await decide(packets[n] ?? ""))]).toEqual(["service.busy", "ok"]);
    const rows = await at.owner.run<{ packets: string }>`
      SELECT string_agg(r.packet, ',' ORDER BY r.version) AS packets FROM phi.records r JOIN ingress.packets p ON p.id = r.packet WHERE p.id = ANY (string_to_array(${packets.join("\n")}, E'\n'))
       GROUP BY r.subject`;
    return rows.map((row) => row.packets);
  };

  test("what a release compared is what it writes over: two at the same subjects come to what one after the other comes to", async () => {
    const written = async (isLocking: boolean): Promise<readonly number[]> => (await skewed(isLocking)).map((packets) => packets.split(",").length).toSorted((a, b) => a - b);
    // The one that came second finds the first one's value at one of its two subjects, and puts its own back.
    expect(await written(true)).toEqual([1, 2]);
    // Without the lock each takes the other's subject for unchanged, and no order of the two comes to that.
    expect(await written(false)).toEqual([1, 1]);
  });

  test("of two at the same subjects one waits or is told to come again, and no version is lost or given twice", async () => {
    const people = (age: number) => demographics(Array.from({ length: 40 }, (_, n) => ({ site: n % 2 === 0 ? "701" : "704", subject: String(2000 + n), age })));
    await deliver(people(40));
    for (let round = 0; round < 3; round += 1) {
      const packets = await Promise.all([50, 60, 70].map((age) => upload(people(age + round))));
      const codes = await Promise.all(packets.map(async (packetId) => codeOf(await decide(packetId))));
      expect(codes.every((code) => code === "ok" || code === "service.busy")).toBe(true);
      expect(codes).toContain("ok");
      for (const [n, code] of codes.entries()) if (code !== "ok") expect(codeOf(await decide(packets[n] ?? ""))).toBe("ok");
    }
    const versions = await at.owner.run<{ versions: string; packets: string }>`
      SELECT string_agg(version::text, ',' ORDER BY version) AS versions, string_agg(packet, ',' ORDER BY version) AS packets FROM phi.records r
       WHERE EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = r.packet AND p.row_count = 40) GROUP BY subject`;
    expect(new Set(versions.map((row) => row.versions))).toEqual(new Set(["1,2,3,4,5,6,7,8,9,10"]));
    // One order of releases holds for every subject.
    expect(new Set(versions.map((row) => row.packets)).size).toBe(1);
  }, 120_000);

  test("two that both bring the same new subjects make them once", async () => {
    const content = demographics(Array.from({ length: 30 }, (_, n) => ({ site: "701", subject: String(3000 + n) })));
    const packets = await Promise.all([upload(content), upload(content)]);
    const codes = await Promise.all(packets.map(async (packetId) => codeOf(await decide(packetId))));
    expect(codes).toContain("ok");
    for (const [n, code] of codes.entries()) if (code !== "ok") expect([code, codeOf(await decide(packets[n] ?? ""))]).toEqual(["service.busy", "ok"]);
    const [count] = await at.owner.run<{ subjects: number; records: number }>`
      SELECT count(DISTINCT r.subject)::integer AS subjects, count(*)::integer AS records FROM phi.records r JOIN ingress.packets p ON p.id = r.packet WHERE p.row_count = 30`;
    expect(count).toEqual({ subjects: 30, records: 30 });
  }, 60_000);

  test("one that looks for its subjects while another is storing them changes nothing then, and contradicts nothing", async () => {
    const content = demographics([{ site: "701", subject: "3100" }]);
    const [first, second] = [await upload(content), await upload(content)];
    let isFirst = true;
    await using slow = await at.serve({
      ports: (real) => ({
        ...real,
        subjects: {
          ...real.subjects,
          find: async (...asked) => {
            const found = await real.subjects.find(...asked);
            if (isFirst) {
              isFirst = false;
              dataOf(await decide(first));
            }
            return found;
          },
        },
      }),
    });
    const released = dataOf(await slow.call("steward", "packets.release", { packetId: second, reason: REASON })) as Released;
    expect([isFirst, released]).toMatchObject([false, { subjects: { created: 0, unchanged: 1 }, records: { created: 0, updated: 0, unchanged: 1 }, equal: true }]);
  });
});
