import type { FieldRow } from "@sallyport/phi";
import { type Action, Grant, type SiteRef, siteKey } from "@sallyport/policy";
import { faultTest } from "@sallyport/testkit";
import postgres from "postgres";
import { afterEach, expect, test } from "vitest";
import { connectDatabase, type Database, type Tx } from "./database.ts";
import { packetStore } from "./packet-store.ts";
import { withGrant } from "./site-context.ts";
import { studyStore } from "./study-store.ts";
import { subjectActStore } from "./subject-act-store.ts";
import { subjectStore } from "./subject-store.ts";
import { migratedDatabase } from "./testing.ts";

const [ONE, TWO] = ["1", "2"].map((site) => ({ study: "S", site })) as [SiteRef, SiteRef];
const ELSEWHERE: SiteRef = { study: "T", site: "1" };
const BOTH = [ONE, TWO] as const;
const SUBJECT = `sub_${"0".repeat(25)}1`;
const OTHER = `sub_${"0".repeat(25)}2`;
const PACKET = `pkt_${"0".repeat(26)}`;

const grantOf = (action: Action, ...sites: readonly SiteRef[]): Grant =>
  Grant.issue(
    { principal: "prn_test", person: "per_test", workload: "test", action, resource: "subject", requestId: "req_test", policy: "v1:0" },
    { effect: "allow", rule: "test", role: "tester", sites, fields: { readable: ["phi"], masked: [] } },
  );

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Fixture {
  readonly database: Database;
  readonly admin: postgres.Sql;
}

const fieldOf = (subject: string, version: number, keyVersion = 1): FieldRow => ({
  subject,
  domain: "DM",
  record: "1",
  version,
  name: "SEX",
  classification: "phi",
  sealed: `sp1.${subject}-${keyVersion}.v${version}`,
});

/** Two studies, three sites, a subject with two versions at site 1 and one with one at site 2. */
async function fixture(): Promise<Fixture> {
  const db = await migratedDatabase();
  const database = connectDatabase({ url: db.apiUrl, max: 4, applicationName: "test" });
  const admin = postgres(db.ownerUrl, { max: 1, onnotice: () => undefined });
  open.push(
    () => db.drop(),
    () => admin.end({ timeout: 1 }),
    () => database.close(),
  );
  await admin`INSERT INTO policy.principals (id, name, kind, person) VALUES ('prn_test', 'Test', 'person', 'per_test')`;
  for (const [id, sites] of [
    ["S", ["1", "2"]],
    ["T", ["1"]],
  ] as const)
    await database.transaction((tx) =>
      studyStore(database).register(tx, { id, title: id, profile: "sdtm", sites: sites.map((site) => ({ id: site, name: site, country: "DE" })) }),
    );
  const packet = {
    id: PACKET,
    study: "S",
    sites: ["1", "2"],
    dataset: "DM",
    format: "dataset-json-1.0",
    profile: "sdtm",
    state: "quarantined" as const,
    bytes: 1,
    rows: 1,
    files: [{ n: 1, dataset: "DM", format: "dataset-json-1.0", rows: 1, bytes: 1, document: null }],
    receivedAtMs: 1,
    ingestedBy: "prn_i",
    ingestedByPerson: "per_i",
    wrapped: "sk1.k.AAAA",
  };
  await database.transaction((tx) => packetStore(database).insert(tx, grantOf("packet.upload", ...BOTH), packet, []));
  const subjects = subjectStore(database);
  const release = grantOf("packet.release", ...BOTH);
  await database.transaction(async (tx) => {
    await subjects.insert(
      tx,
      release,
      [SUBJECT, OTHER].map((id, n) => ({ ...(n === 0 ? ONE : TWO), id, label: id, wrapped: "sk1.k.OLD", lookup: id })),
    );
    for (const [subject, version] of [
      [SUBJECT, 1],
      [SUBJECT, 2],
      [OTHER, 1],
    ] as const)
      await subjects.insertVersions(tx, release, PACKET, [
        { record: { subject, domain: "DM", record: "1", version, position: 1, ...(version > 1 && { changed: ["SEX"] }) }, fields: [fieldOf(subject, version)] },
      ]);
    await packetStore(database).decide(tx, release, PACKET, "released", null);
  });
  return { database, admin };
}

let reasons = 0;
async function reasonIn(tx: Tx): Promise<string> {
  const id = `chg_${(reasons += 1)}`;
  await tx`INSERT INTO audit.changes (id, request_id, sealed, commitment) VALUES (${id}, 'req_test', 's', 'c')`;
  return id;
}

/** Everything of the subject, sealed anew under its second key. */
const versionOf = (version: number) => ({ record: { subject: SUBJECT, domain: "DM", record: "1", version, position: 1 }, fields: [fieldOf(SUBJECT, version)] });

const RESEALED = [1, 2].map((version) => fieldOf(SUBJECT, version, 2));
/** Fields as the function takes them, a record each. */
const given = (fields: readonly FieldRow[]): string =>
  JSON.stringify(fields.map(({ domain, record, version, name, classification, sealed }) => ({ domain, record, version, fields: `${name}\t${classification}\t${sealed}` })));
const move = (database: Database, over: { readonly from?: SiteRef; readonly to?: SiteRef; readonly fields?: readonly FieldRow[]; readonly grant?: Grant } = {}): Promise<void> => {
  const { from = ONE, to = TWO, fields = RESEALED, grant = grantOf("subject.transfer", from, to) } = over;
  return database.transaction(async (tx) =>
    subjectActStore(database).transfer(tx, grant, { id: SUBJECT, from, to, wrapped: "sk1.k.NEW", fields, reason: await reasonIn(tx), atMs: 5 }),
  );
};
const withdraw = (database: Database, n: number, act: "withdrawn" | "recorded_in_error", sites: readonly SiteRef[] = [ONE], subject = SUBJECT): Promise<void> =>
  database.transaction(async (tx) =>
    subjectActStore(database).insertWithdrawal(tx, grantOf("subject.withdraw", ...sites), {
      subject,
      n,
      act,
      sealed: act === "withdrawn" ? `sp1.${subject}-1.c${n}` : null,
      reason: await reasonIn(tx),
      atMs: n,
    }),
  );

/** Where everything of the subject stands, and under which forms. */
async function standing({ admin }: Fixture): Promise<unknown> {
  const [row] = await admin`SELECT
    (SELECT json_build_array(site, wrapped, key_version) FROM phi.subjects WHERE id = ${SUBJECT}) AS subject,
    (SELECT json_agg(json_build_array(version, site_key, changed) ORDER BY version) FROM phi.records WHERE subject = ${SUBJECT}) AS records,
    (SELECT json_agg(json_build_array(version, site_key, split_part(fields, E'\t', 3)) ORDER BY version) FROM phi.sealed_records WHERE subject = ${SUBJECT}) AS fields,
    (SELECT json_agg(json_build_array(n, site_key, sealed) ORDER BY n) FROM phi.withdrawals WHERE subject = ${SUBJECT}) AS withdrawals,
    (SELECT json_agg(json_build_array(n, from_key, to_key, wrapped) ORDER BY n) FROM phi.transfers) AS transfers,
    (SELECT json_agg(json_build_array(transfer, domain, record, version, split_part(fields, E'\t', 3)) ORDER BY domain, record, version) FROM phi.past_sealed_records) AS past`;
  return row;
}

test("a subject moves with every version, and what stood is put aside exactly as it stood", async () => {
  const at = await fixture();
  await withdraw(at.database, 1, "withdrawn");
  await withdraw(at.database, 2, "recorded_in_error");
  const consent: FieldRow = { ...fieldOf(SUBJECT, 1, 2), domain: "CONSENT", name: "FROM", sealed: `sp1.${SUBJECT}-2.c1` };
  await move(at.database, { fields: [...RESEALED, consent] });
  expect(await standing(at)).toEqual({
    subject: ["2", "sk1.k.NEW", 2],
    records: [
      [1, "S/2", null],
      [2, "S/2", "SEX"],
    ],
    fields: RESEALED.map(({ version, sealed }) => [version, "S/2", sealed]),
    withdrawals: [
      [1, "S/2", `sp1.${SUBJECT}-2.c1`],
      [2, "S/2", null],
    ],
    transfers: [[1, "S/1", "S/2", "sk1.k.OLD"]],
    past: [
      [1, "CONSENT", "1", 1, `sp1.${SUBJECT}-1.c1`],
      [1, "DM", "1", 1, fieldOf(SUBJECT, 1).sealed],
      [1, "DM", "1", 2, fieldOf(SUBJECT, 2).sealed],
    ],
  });
});

const PARTIAL: readonly (readonly [what: string, fields: readonly FieldRow[], withdrawn: boolean, code: string])[] = [
  ["a version is missing", RESEALED.slice(1), false, "service.busy"],
  ["nothing is given", [], false, "service.busy"],
  ["the day of a withdrawal is missing", RESEALED, true, "service.busy"],
];
for (const [what, fields, isWithdrawn, code] of PARTIAL) {
  test(`nothing is moved where ${what}`, async () => {
    const at = await fixture();
    if (isWithdrawn) await withdraw(at.database, 1, "withdrawn");
    const before = await standing(at);
    await expect(move(at.database, { fields })).rejects.toMatchObject({ code });
    expect(await standing(at)).toEqual(before);
  });
}

faultTest("E4", "a ciphertext of the old place is not taken along", async (defence) => {
  const at = await fixture();
  const fields = defence === "on" ? [RESEALED[0] as FieldRow, fieldOf(SUBJECT, 2)] : RESEALED;
  const before = await standing(at);
  await expect(move(at.database, { fields })).rejects.toMatchObject({ code: "policy.denied" });
  expect(await standing(at)).toEqual(before);
});

test("a subject moves to no other study, from no other site, and by no grant but one for a transfer at both", async () => {
  const at = await fixture();
  const before = await standing(at);
  await expect(move(at.database, { to: ELSEWHERE })).rejects.toMatchObject({ code: "policy.denied" });
  await expect(move(at.database, { from: TWO, to: ONE })).rejects.toMatchObject({ code: "service.busy" });
  for (const grant of [grantOf("packet.release", ...BOTH), grantOf("subject.transfer", ONE), grantOf("subject.transfer", TWO)])
    await expect(move(at.database, { grant })).rejects.toMatchObject({ code: "policy.denied" });
  expect(await standing(at)).toEqual(before);
});

faultTest("P8", "the function that moves asks for the crossing's own sites and action, whatever its caller says", async (defence) => {
  const at = await fixture();
  if (defence === "off") {
    const [row] = await at.admin<{ text: string }[]>`SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE proname = 'transfer_subject'`;
    await at.admin.unsafe((row?.text ?? "").replace(/IF boundary\.granted_action\(\)[^]*?END IF;/, ""));
  }
  for (const grant of [grantOf("subject.read", ...BOTH), grantOf("subject.transfer", ONE), grantOf("packet.release", ...BOTH)]) {
    const direct = withGrant(at.database, grant, async (tx) => {
      const reason = await reasonIn(tx);
      await tx`SELECT phi.transfer_subject(${SUBJECT}, 'S/1', 'S/2', 'w', ${reason}, 'prn_test', 'req_test', 5)`;
    });
    await expect(direct).rejects.toMatchObject({ code: "policy.denied" });
  }
});

faultTest("P8", "fields are moved by no grant but one for a transfer at both places, and outside of a transfer not at all", async (defence) => {
  const at = await fixture();
  const before = await standing(at);
  const direct = (grant: Grant): Promise<unknown> => withGrant(at.database, grant, (tx) => tx`SELECT phi.transfer_records(${SUBJECT}, ${given(RESEALED)})`);
  if (defence === "off") {
    const [row] = await at.admin<{ text: string }[]>`SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE proname = 'transfer_records'`;
    await at.admin.unsafe((row?.text ?? "").replaceAll("site_key <> v_to", "site_key <> ''"));
  }
  await direct(grantOf("subject.transfer", ...BOTH));
  expect(await standing(at)).toEqual(before);
  for (const grant of [grantOf("subject.transfer", TWO), grantOf("packet.release", ...BOTH), grantOf("subject.read", ONE)])
    await expect(direct(grant)).rejects.toMatchObject({ code: "policy.denied" });
});

faultTest("P8", "a transfer that leaves something behind is not committed, whatever else its session calls", async (defence) => {
  const at = await fixture();
  if (defence === "off") await at.admin`ALTER TABLE phi.subjects DISABLE TRIGGER moved`;
  const before = await standing(at);
  const partial = withGrant(at.database, grantOf("subject.transfer", ...BOTH), async (tx) => {
    const reason = await reasonIn(tx);
    await tx`SELECT phi.transfer_subject(${SUBJECT}, 'S/1', 'S/2', 'w', ${reason}, 'prn_test', 'req_test', 5)`;
    await tx`SELECT phi.transfer_records(${SUBJECT}, ${given(RESEALED.slice(1))})`;
  });
  await expect(partial).rejects.toMatchObject({ context: { sqlstate: "23503" } });
  expect(await standing(at)).toEqual(before);
});

faultTest("P8", "a record is moved with the fields that it has, each classified as it was, and with no others", async (defence) => {
  const at = await fixture();
  if (defence === "off") {
    const [row] = await at.admin<{ text: string }[]>`SELECT pg_get_functiondef(oid) AS text FROM pg_proc WHERE proname = 'transfer_records'`;
    await at.admin.unsafe((row?.text ?? "").replace("AND phi.named_in(f.fields) = phi.named_in(g.fields)", ""));
  }
  const before = await standing(at);
  const [first, second] = RESEALED as [FieldRow, FieldRow];
  for (const other of [
    { ...first, name: "AGE" },
    { ...first, classification: "public" as const },
  ]) {
    await expect(move(at.database, { fields: [other, second] })).rejects.toMatchObject({ code: "service.busy" });
    expect(await standing(at)).toEqual(before);
  }
});

test("rows of a subject are changed, and what was put aside is read, by no statement of the api's", async () => {
  const at = await fixture();
  await withdraw(at.database, 1, "withdrawn");
  await move(at.database, { fields: [...RESEALED, { ...fieldOf(SUBJECT, 1, 2), domain: "CONSENT", name: "FROM" }] });
  const transfer = grantOf("subject.transfer", ...BOTH);
  for (const statement of [
    (tx: Tx) => tx`UPDATE phi.subjects SET site = '1'`,
    (tx: Tx) => tx`UPDATE phi.sealed_records SET site_key = 'S/1'`,
    (tx: Tx) => tx`UPDATE phi.records SET site_key = 'S/1'`,
    (tx: Tx) => tx`UPDATE phi.withdrawals SET act = 'recorded_in_error'`,
    (tx: Tx) => tx`DELETE FROM phi.withdrawals`,
    (tx: Tx) => tx`DELETE FROM phi.transfers`,
    (tx: Tx) => tx`INSERT INTO phi.past_sealed_records VALUES ('a', 1, 'DM', '1', 1, 'x')`,
    (tx: Tx) => tx`SELECT fields FROM phi.past_sealed_records`,
    (tx: Tx) => tx`SELECT wrapped FROM phi.transfers`,
  ])
    await expect(withGrant(at.database, transfer, statement)).rejects.toMatchObject({ code: "policy.denied" });
  for (const table of ["phi.transfers", "phi.past_sealed_records"]) await expect(at.admin.unsafe(`DELETE FROM ${table}`)).rejects.toThrow("append-only");
});

faultTest("P8", "withdrawals and earlier sites are shown to the crossing's own sites alone, and recorded at them alone", async (defence) => {
  const at = await fixture();
  await withdraw(at.database, 1, "withdrawn", [TWO], OTHER);
  if (defence === "off") for (const table of ["phi.withdrawals", "phi.transfers"]) await at.admin.unsafe(`ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY`);
  await move(at.database);
  const count = async (grant: Grant): Promise<unknown> => {
    const rows = await withGrant(at.database, grant, (tx) => tx`SELECT (SELECT count(*) FROM phi.withdrawals)::integer AS w, (SELECT count(*) FROM phi.transfers)::integer AS t`);
    return rows[0];
  };
  expect(await count(grantOf("subject.read", ONE))).toEqual({ w: 0, t: 0 });
  expect(await count(grantOf("subject.read", TWO))).toEqual({ w: 1, t: 1 });
  await expect(withdraw(at.database, 3, "withdrawn", [ONE], OTHER)).rejects.toMatchObject({ code: "policy.denied" });
});

test("withdrawals and their corrections follow each other", async () => {
  const { database } = await fixture();
  await expect(withdraw(database, 1, "recorded_in_error")).rejects.toMatchObject({ context: { sqlstate: "23514" } });
  await withdraw(database, 1, "withdrawn");
  await expect(withdraw(database, 1, "withdrawn")).rejects.toMatchObject({ context: { sqlstate: "23505" } });
  await expect(withdraw(database, 2, "withdrawn")).rejects.toMatchObject({ context: { sqlstate: "23514" } });
  await withdraw(database, 2, "recorded_in_error");
  expect((await subjectActStore(database).withdrawals(grantOf("subject.read", ONE), SUBJECT))?.map(({ act }) => act)).toEqual(["recorded_in_error", "withdrawn"]);
  expect(await subjectActStore(database).withdrawals(grantOf("subject.read", TWO), SUBJECT)).toBeNull();
});

test("a release and a transfer of one subject come one after the other, whichever is first", async () => {
  const at = await fixture();
  const subjects = subjectStore(at.database);
  const third = (tx: Tx): Promise<void> => subjects.insertVersions(tx, grantOf("packet.release", ONE), PACKET, [versionOf(3)]);
  // The release has written and not committed: the transfer waits, and then finds more than it was given.
  const first = await at.database.transaction(async (tx) => {
    await third(tx);
    const waiting = move(at.database).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { waiting };
  });
  expect(await first.waiting).toMatchObject({ code: "service.busy" });
  // The transfer has moved and not committed: the release waits, and then finds the subject elsewhere.
  const all = [1, 2, 3].map((version) => fieldOf(SUBJECT, version, 2));
  const second = await at.database.transaction(async (tx) => {
    const reason = await reasonIn(tx);
    await subjectActStore(at.database).transfer(tx, grantOf("subject.transfer", ...BOTH), { id: SUBJECT, from: ONE, to: TWO, wrapped: "sk1.k.NEW", fields: all, reason, atMs: 5 });
    const late = at.database.transaction((other) => subjects.insertVersions(other, grantOf("packet.release", ONE), PACKET, [versionOf(4)])).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 200));
    return { late };
  });
  expect(await second.late).toMatchObject({ context: { sqlstate: "23503" } });
  const [row] = await at.admin<{ keys: string }[]>`SELECT string_agg(DISTINCT site_key, ',') AS keys FROM phi.records WHERE subject = ${SUBJECT}`;
  expect(row?.keys).toBe(siteKey(TWO));
});

test("a session that dies before its commit leaves the subject wholly where it was", async () => {
  const at = await fixture();
  const before = await standing(at);
  const dying = at.database.transaction(async (tx) => {
    const reason = await reasonIn(tx);
    await subjectActStore(at.database).transfer(tx, grantOf("subject.transfer", ...BOTH), {
      id: SUBJECT,
      from: ONE,
      to: TWO,
      wrapped: "sk1.k.NEW",
      fields: RESEALED,
      reason,
      atMs: 5,
    });
    await at.admin`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename LIKE 'sallyport\\_api\\_%'`;
  });
  await expect(dying).rejects.toMatchObject({ code: "service.unavailable" });
  expect(await standing(at)).toEqual(before);
  await move(at.database);
});
