import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resealed } from "@sallyport/app-api/reencrypt-rounds";
import { type DataKey, openField, sealField, secretKey } from "@sallyport/crypto";
import type { KeyContext, StoredKey, WrappedKey } from "@sallyport/custody";
import { connectDatabase, migrate, provisionRoles, type ReencryptStore, reencryptStore } from "@sallyport/db";
import { startPostgres } from "@sallyport/embedded-postgres";
import { encodeField } from "@sallyport/phi";
import postgres from "postgres";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";

const SUBJECTS = 500;
const RECORDS = 20;
const NAMES = ["AGE", "ARM", "COUNTRY", "DMDTC", "ETHNIC", "RACE", "RFSTDTC", "SEX", "SITEID", "SUBJID"];
const FIELDS = SUBJECTS * RECORDS * NAMES.length;
const ROUNDS = 5;
/** As the job takes them. */
const BATCH = { subjects: 100, versions: 500 } as const;
/** So many one by one: enough to know what one costs. */
const SINGLE = 300;
const NODE = "node_bench";
const STUDY = "S";

/** Wraps by naming: what the custodian does is measured by the bench of data keys, and both sides of this one ask it once a subject. */
const custodian = {
  wrap: (contexts: readonly KeyContext[]): Promise<readonly WrappedKey[]> =>
    Promise.resolve(
      contexts.map(() => {
        const key = randomBytes(32);
        return { wrapped: `sk1.kek-1.${key.toString("base64url")}`, key };
      }),
    ),
  unwrap: (items: readonly StoredKey[]): Promise<readonly Buffer[]> => Promise.resolve(items.map(({ wrapped }) => keyIn(wrapped))),
};
const keyIn = (wrapped: string): Buffer => Buffer.from(wrapped.slice("sk1.kek-1.".length), "base64url");

const idOf = (n: number): string => `sub_${String(n).padStart(26, "0")}`;
const recordOf = (n: number): string => String(n).padStart(26, "0");
const placeAt = (subject: string, name: string, record: string) => ({ study: STUDY, site: "1", subject, field: `DM.${name}.${record}`, version: 1 });
const perSecond = (fields: number, fromMs: number): number => (fields * 1000) / (performance.now() - fromMs);

/** Seals everything anew, so many at once, as the job does, without its rests; answers how many fields a second. */
async function inBatches(begin: () => Promise<string>, store: ReencryptStore): Promise<number> {
  const job = await begin();
  const fromMs = performance.now();
  let [after, count] = ["", 0];
  for (;;) {
    await store.take(job, NODE);
    const subjects = await store.next(job, after, BATCH);
    const last = subjects.at(-1);
    if (last === undefined) break;
    count += (await store.replace(job, await resealed(custodian, subjects))).fields;
    after = last.id;
  }
  await store.end(job, NODE, 0);
  if (count !== FIELDS) throw new Error(`${count} fields of ${FIELDS}`);
  return perSecond(count, fromMs);
}

/** A field at a time, as a script would: read, opened, sealed anew, written, committed. It stays under its key, so that the next round finds what it knows. */
async function oneByOne(owner: postgres.Sql): Promise<number> {
  const fromMs = performance.now();
  for (let n = 0; n < SINGLE; n += 1) {
    const [subject, name, record] = [idOf(n % SUBJECTS), NAMES[n % NAMES.length] ?? "", recordOf(n % RECORDS)];
    await owner.begin(async (tx) => {
      const [row] = await tx`SELECT s.wrapped, s.key_version, f.fields FROM phi.subjects s JOIN phi.sealed_records f ON f.subject = s.id
          WHERE s.id = ${subject} AND f.domain = 'DM' AND f.record = ${record} AND f.version = 1 FOR UPDATE OF f`;
      const { wrapped, key_version: version, fields } = row as unknown as { wrapped: string; key_version: number; fields: string };
      const from: DataKey = { id: `${subject}-${version}`, key: secretKey(keyIn(wrapped)) };
      const lines = fields.split("\n").map((line) => {
        const [named = "", classification = "", sealed = ""] = line.split("\t");
        if (named !== name) return line;
        return [named, classification, sealField(from, placeAt(subject, name, record), openField(from, placeAt(subject, name, record), sealed))].join("\t");
      });
      await tx`UPDATE phi.sealed_records SET fields = ${lines.join("\n")} WHERE subject = ${subject} AND domain = 'DM' AND record = ${record} AND version = 1`;
    });
  }
  return perSecond(SINGLE, fromMs);
}

/** Seals a hundred thousand fields anew: against the cipher alone, and against one field at a time. */
export async function measureReencrypt(): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
  const server = await startPostgres({ dataDir: join(folder, "postgres"), durable: false });
  try {
    const own = new URL(server.url);
    own.pathname = "/reencrypt";
    const first = postgres(server.url, { max: 1, onnotice: () => undefined });
    await first.unsafe("CREATE DATABASE reencrypt");
    await first.end({ timeout: 2 });
    await migrate(own.href, { deployment: "dbench" });
    const { apiUrl } = await provisionRoles(own.href, randomBytes);
    const owner = postgres(own.href, { max: 1, onnotice: () => undefined });
    const sealed = await fill(owner);
    const database = connectDatabase({ url: apiUrl, max: 2, applicationName: "bench", statementMs: 60_000 });
    const store = reencryptStore(database);
    let jobs = 0;
    const begin = async (): Promise<string> => {
      const id = `ren_${String((jobs += 1)).padStart(26, "0")}`;
      await database.transaction((tx) => store.begin(tx, { id, study: STUDY, subject: null }));
      return id;
    };
    const measured = await interleave(ROUNDS, {
      batches: () => inBatches(begin, store),
      cipher: () => {
        const to: DataKey = { id: "other-1", key: secretKey(randomBytes(32)) };
        const fromMs = performance.now();
        for (const { key, place, text } of sealed) sealField(to, place, openField(key, place, text));
        return Promise.resolve(perSecond(sealed.length, fromMs));
      },
      single: () => oneByOne(owner),
    });
    await database.close();
    await owner.end({ timeout: 2 });
    return [
      figureOf({ name: "reencrypt.100,000 fields", against: "one field at a time", goal: 30 }, measured.batches, measured.single),
      figureOf({ name: "reencrypt.100,000 fields", against: "the cipher alone", goal: 0.5 }, measured.batches, measured.cipher),
    ];
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Sealed {
  readonly key: DataKey;
  readonly place: ReturnType<typeof placeAt>;
  readonly text: string;
}

/** Subjects with their records: rows alone, without all that they would stand on. */
async function fill(owner: postgres.Sql): Promise<readonly Sealed[]> {
  const all: Sealed[] = [];
  await owner`SET session_replication_role = replica`;
  await owner`INSERT INTO regulatory.studies (id, title, profile) VALUES (${STUDY}, 'Bench', 'cdisc-sdtm')`;
  for (let n = 0; n < SUBJECTS; n += 1) {
    const id = idOf(n);
    const [made] = await custodian.wrap([{ purpose: "subject", id, study: STUDY, site: "1" }]);
    const key: DataKey = { id: `${id}-1`, key: secretKey(made?.key ?? Buffer.alloc(32)) };
    await owner`INSERT INTO phi.subjects (id, study, site, label, lookup, wrapped) VALUES (${id}, ${STUDY}, '1', ${id}, ${id}, ${made?.wrapped ?? ""})`;
    const rows = Array.from({ length: RECORDS }, (_, at) => {
      const record = recordOf(at);
      const fields = NAMES.map((name) => {
        const text = sealField(key, placeAt(id, name, record), encodeField("phi", `value ${n}`));
        all.push({ key, place: placeAt(id, name, record), text });
        return `${name}\tphi\t${text}`;
      });
      return { subject: id, domain: "DM", record, version: 1, fields: fields.join("\n"), site_key: `${STUDY}/1` };
    });
    await owner`INSERT INTO phi.records ${owner(rows.map(({ subject, domain, record, version, site_key }) => ({ subject, domain, record, version, site_key, packet: "pkt_bench", position: 1 })))}`;
    await owner`INSERT INTO phi.sealed_records ${owner(rows)}`;
  }
  await owner`SET session_replication_role = origin`;
  await owner`ANALYZE phi.sealed_records`;
  return all;
}
