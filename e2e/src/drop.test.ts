import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fate, dropRound, DropState } from "@sallyport/app-cli/drop";
import type { Connection } from "@sallyport/client";
import { SftpServer } from "@sallyport/outbound/sftp";
import { pdfOf } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inventedEvents, publishedEvents } from "./support/adverse-events.ts";
import type { KilledRound } from "./support/killed-drop.ts";
import { cutLine, fingerprintOf, keyPair, noSshServer, OpenSshServer } from "@sallyport/portal-testkit";
import { inventedDemographics, PILOT, pilotDemographics, withCells } from "./support/pilot-study.ts";
import { startFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";
import { type Ended, Program, ROOT } from "./support/program.ts";
import { until } from "./support/until.ts";

const DM = pilotDemographics().text;
const AE = publishedEvents() ?? inventedEvents(pilotDemographics().column("USUBJID"), 2);
/** The same with every third age a year on. */
const CORRECTED = withCells(DM, (row, name, value) => (name === "AGE" && row % 3 === 0 ? Number(value) + 1 : value));
const CHANGED = Math.ceil(pilotDemographics().column("AGE").length / 3);
const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
const MIB = 1024 * 1024;
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
/** Demographics of new people, so long that they go in three parts. */
const long = (mark: string): string =>
  withCells(inventedDemographics(2), (_, name, value) => (name === "USUBJID" ? `${mark}-${String(value)}` : value)).replaceAll('"DM",', `"DM",${" ".repeat(MIB * 0.375)}`);
/** What a line has carried when such a file was looked at, and most of it once more. */
const HALF_WAY = 4 * MIB;

describe.skipIf(noSshServer !== null)(`deliveries over SFTP${noSshServer === null ? "" : ` (skipped: ${noSshServer})`}`, () => {
  let product: Product;
  let other: Product;
  let site: OpenSshServer;
  let ingest: Connection;
  let steward: Connection;
  const at = (...path: string[]): string => join(site.folder, ...path);

  beforeAll(async () => {
    // One after the other: a deployment is founded within deadlines.
    product = await startFounded();
    other = await Product.start();
    site = await OpenSshServer.start();
    [ingest, steward] = [product.connect("ingest"), product.connect("steward")];
    writeFileSync(join(product.folder, "key"), site.key, { mode: 0o600 });
  }, 240_000);
  afterAll(async () => {
    site?.remove();
    await Promise.all([ingest?.close(), steward?.close()]);
    await Promise.all([product?.remove(), other?.remove()]);
  }, 120_000);

  const line = (over: Readonly<Record<string, string>> = {}): readonly string[] => {
    const options = {
      server: `127.0.0.1:${site.port}`,
      user: site.user,
      folder: site.folder,
      key: join(product.folder, "key"),
      "host-key": site.fingerprint,
      study: PILOT,
      ...over,
    };
    return ["--as", "ingest", "drop", ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])];
  };
  const once = async (over: Readonly<Record<string, string>> = {}): Promise<Ended> => await product.cli([...line(over), "--once", "--json"]);
  /** A round in this process, with a memory of its own unless one is given. */
  const round = async ({ port = site.port, memory = join(product.folder, "memory") } = {}): Promise<readonly Fate[]> => {
    const server = await SftpServer.connect({ host: "127.0.0.1", port, user: site.user, key: Buffer.from(site.key), hostKey: site.fingerprint });
    try {
      const parts = { server, connection: ingest, state: new DropState(memory), study: PILOT, root: site.folder, signal: new AbortController().signal, tell: () => undefined };
      return await dropRound(parts);
    } finally {
      server.close();
    }
  };
  const packets = async (): Promise<readonly string[]> => {
    const { items } = await steward.api.packets.list.query({ study: PILOT, state: "quarantined", limit: 500 });
    return items.map(({ packetId }) => packetId);
  };
  const receipt = (name: string): Record<string, unknown> => JSON.parse(readFileSync(at("accepted", `${name}.receipt.json`), "utf8")) as Record<string, unknown>;
  const refusal = (name: string): Record<string, unknown> => JSON.parse(readFileSync(at("refused", `${name}.refusal.json`), "utf8")) as Record<string, unknown>;
  const waiting = (): readonly string[] => readdirSync(site.folder).filter((name) => name !== "accepted" && name !== "refused");
  const kept = (): string => join(product.home, "drop", readdirSync(join(product.home, "drop"))[0] ?? "");

  test("a delivery waits for its marker; then it is a packet, and its receipt and its folder lie in accepted", async () => {
    site.deliver("first", { "ae.json": AE, "dm.json": DM }, false);
    expect(await round()).toEqual([]);
    site.mark("first");
    const { code, stdout } = await once();
    const told = JSON.parse(stdout) as { readonly became: string; readonly packetId: string };
    expect([code, told.became]).toEqual([0, "accepted"]);
    expect(waiting()).toEqual([]);
    expect(readdirSync(at("accepted")).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["first", "first.receipt.json"]);
    expect(readFileSync(at("accepted", "first", "dm.json"), "utf8")).toBe(DM);
    expect(receipt("first")).toMatchObject({
      outcome: "accepted",
      packetId: told.packetId,
      state: "quarantined",
      files: [
        { n: 1, dataset: "AE", bytes: Buffer.byteLength(AE), sha256: sha256(AE) },
        { n: 2, dataset: "DM", bytes: Buffer.byteLength(DM), sha256: sha256(DM) },
      ],
    });
    expect(readdirSync(kept())).toEqual(["names.key"]);
    for (const name of ["", "names.key"]) expect(statSync(join(kept(), name)).mode & 0o077).toBe(0);
  }, 60_000);

  test("what came over SFTP is what came through the command line into another deployment: packet, inspection, release and masked reads", async () => {
    for (const [name, text] of Object.entries({ "ae.json": AE, "dm.json": DM })) writeFileSync(join(other.folder, name), text);
    const byLine = await other.json<{ readonly packetId: string }>(["--as", "ingest", "ingest", join(other.folder, "ae.json"), join(other.folder, "dm.json"), "--study", PILOT]);
    const bySftp = String(receipt("first")["packetId"]);
    const views = await Promise.all([viewOf(product, bySftp), viewOf(other, byLine.packetId)]);
    expect(views[0]).toEqual(views[1]);
    const released = await Promise.all([release(product, bySftp), release(other, byLine.packetId)]);
    expect(released[0]).toEqual(released[1]);
    expect(released[0]).toMatchObject({ equal: false });
    const [reads, others] = await Promise.all([readsOf(product), readsOf(other)]);
    expect(reads).toEqual(others);
    expect(Object.keys(reads.subjects).length).toBeGreaterThan(0);
  }, 120_000);

  test("a corrected DM comes to the same over SFTP, by the command line and by the client: difference, release, versions, history and values", async () => {
    const third = await startFounded();
    try {
      const sender = third.connect("ingest");
      const whole = [
        { name: "ae.json", bytes: Buffer.from(AE) },
        { name: "dm.json", bytes: Buffer.from(DM) },
      ];
      await release(third, (await sender.upload({ study: PILOT, files: whole })).packetId);
      site.deliver("corrected", { "dm.json": CORRECTED });
      expect((await once()).code).toBe(0);
      writeFileSync(join(other.folder, "dm.json"), CORRECTED);
      const byLine = await other.json<{ readonly packetId: string }>(["--as", "ingest", "ingest", join(other.folder, "dm.json"), "--study", PILOT]);
      const byClient = await sender.upload({ study: PILOT, files: [{ name: "dm.json", bytes: Buffer.from(CORRECTED) }] });
      await sender.close();
      const ways = [
        [product, String(receipt("corrected")["packetId"])],
        [other, byLine.packetId],
        [third, byClient.packetId],
      ] as const;
      const views = await Promise.all(ways.map(async ([of, packetId]) => unnamed(await viewOf(of, packetId))));
      expect((views[0] as Corrected).release).toMatchObject({ equal: false, records: { created: 0, updated: CHANGED } });
      const released = await Promise.all(ways.map(async ([of, packetId]) => await release(of, packetId)));
      expect(released[0]).toMatchObject({ equal: false, records: { updated: CHANGED } });
      const states: { readonly reads: unknown; readonly versions: readonly Versions[] }[] = [];
      for (const [of] of ways) states.push({ reads: await readsOf(of), versions: await versionsOf(of) });
      expect(states[0]?.versions.some(({ total, ages }) => total === 2 && ages[0] !== ages[1])).toBe(true);
      for (const [ours, first] of [
        [views, views[0]],
        [released, released[0]],
        [states, states[0]],
      ] as const)
        for (const each of ours) expect(each).toEqual(first);
    } finally {
      await third.remove();
    }
  }, 240_000);

  test("the same files after that are found equal at their release, and change nothing", async () => {
    site.deliver("again", { "ae.json": AE, "dm.json": CORRECTED });
    const [fate] = await round();
    expect(await release(product, fate?.packetId ?? "")).toMatchObject({ equal: true, records: { created: 0, updated: 0 } });
    // A name that was used before is filed beside the first.
    site.deliver("again", { "dm.json": inventedDemographics(1) });
    expect(await round()).toMatchObject([{ became: "accepted" }]);
    expect(receipt("again-2")["packetId"]).not.toBe(receipt("again")["packetId"]);
  }, 60_000);

  test("a document goes along, as what the site says of it beside it, and at its site", async () => {
    const said = { v: 1, documents: [{ file: "letter.pdf", type: "irb_correspondence", site: "701" }] };
    site.deliver("letter", { "letter.pdf": pdfOf(), "delivery.json": JSON.stringify(said) });
    expect(await round()).toMatchObject([{ became: "accepted" }]);
    expect(receipt("letter")).toMatchObject({ files: [{ n: 1, dataset: "irb_correspondence" }] });
    const packet = await steward.api.packets.get.query({ packetId: String(receipt("letter")["packetId"]) });
    expect([packet.sites, packet.files]).toMatchObject([["701"], [{ document: { type: "irb_correspondence", site: "701", mediaType: "application/pdf" } }]]);
  }, 60_000);

  test("what can't be taken is refused with file, row and column and without a value, and is no packet", async () => {
    const before = (await packets()).length;
    site.deliver("wrong-type", { "dm.json": withCells(inventedDemographics(1), (row, name, value) => (row === 1 && name === "AGE" ? "forty-one" : value)) });
    site.deliver("wrong-site", { "dm.json": withCells(inventedDemographics(1), (_, name, value) => (name === "SITEID" ? "999" : value)) });
    site.deliver("cut", { "dm.json": DM.slice(0, 1000) });
    site.deliver("none", {});
    site.deliver("empty", { "dm.json": "" });
    site.deliver("many", Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`${n}.json`, "{}"])));
    site.deliver("sidecar", { "dm.json": DM, "delivery.json": "{}" });
    site.deliver("control", { "d\u0001m.json": DM });
    site.deliver("turned", { "d\u202em.json": DM });
    site.deliver("linked", { "dm.json": DM });
    symlinkSync("/etc/passwd", at("linked", "zz.json"));
    site.deliver("nested", { "dm.json": DM });
    mkdirSync(at("nested", "more"));
    const fates = await round();
    expect([fates.every(({ became }) => became === "refused"), fates.length]).toEqual([true, 11]);
    expect(refusal("wrong-type")).toMatchObject({ code: "packet.invalid", where: [expect.stringMatching(/row 2, column AGE/)] });
    expect(JSON.stringify(refusal("wrong-type"))).not.toContain("forty-one");
    expect(refusal("wrong-site")).toMatchObject({
      code: "policy.denied",
      where: expect.arrayContaining([expect.stringMatching(/row 1, column SITEID: not a site that you can bring data for/)]) as unknown,
    });
    expect(refusal("cut")).toMatchObject({ code: "packet.invalid" });
    for (const [name, where] of Object.entries({
      none: "the delivery: holds no file",
      empty: "file 1: empty",
      many: "the delivery: more than 20 files",
      sidecar: 'delivery.json: not {"v": 1, "documents": […]}',
      control: "file 1: its name is not UTF-8, too long, or has a character that no name may have",
      turned: "file 1: its name is not UTF-8, too long, or has a character that no name may have",
      linked: "file 2: a link, or no file",
      nested: "file 2: a folder",
    }))
      expect([name, refusal(name)["code"], refusal(name)["where"]]).toEqual([name, "drop.delivery", [where]]);
    expect((await packets()).length).toBe(before);
  }, 60_000);

  test("a name that no delivery may have, and a link in a delivery's place, are told and left alone", async () => {
    for (const name of ["..hidden", "with space", "new\nline"]) site.deliver(name, { "dm.json": DM });
    symlinkSync(at("accepted", "first"), at("pointer"));
    site.mark("pointer");
    const fates = await round();
    expect(fates.map(({ became, code }) => [became, code])).toEqual(Array.from({ length: 4 }, () => ["waiting", "drop.delivery"]));
    expect(JSON.stringify(fates)).not.toMatch(/hidden|space|pointer/);
    expect(waiting().length).toBe(8);
    for (const name of waiting()) rmSync(at(name), { recursive: true, force: true });
  }, 60_000);

  test("a file that changes after it was looked at is waited for, and goes as it is at rest", async () => {
    const before = (await packets()).length;
    const memory = join(product.folder, "changing");
    site.deliver("changing", { "dm.json": long("CHG") });
    const cut = await cutLine(site.port, HALF_WAY);
    await expect(round({ port: cut.port, memory })).rejects.toMatchObject({ code: "sftp.unreachable" });
    cut.close();
    const changed = long("CHX");
    writeFileSync(at("changing", "dm.json"), changed);
    expect(await round({ memory })).toMatchObject([{ became: "waiting", code: "drop.changed" }]);
    expect(await round({ memory })).toMatchObject([{ became: "accepted" }]);
    expect(receipt("changing")).toMatchObject({ files: [{ sha256: sha256(changed) }] });
    expect((await packets()).length).toBe(before + 1);
  }, 60_000);

  test("a line that breaks in a file, and a server that goes away, lose nothing: the next round goes on with the same packet", async () => {
    const before = (await packets()).length;
    const memory = join(product.folder, "broken-off");
    site.deliver("broken-off", { "dm.json": long("BRK") });
    const cut = await cutLine(site.port, HALF_WAY);
    await expect(round({ port: cut.port, memory })).rejects.toMatchObject({ code: "sftp.unreachable" });
    cut.close();
    const { items } = await ingest.api.packets.unfinished.query({ study: PILOT });
    const begun = items.find(({ files }) => (files[0]?.received ?? 0) > 0);
    expect(begun).toBeDefined();
    site.down();
    await expect(round({ memory })).rejects.toMatchObject({ code: "sftp.unreachable" });
    await site.up();
    expect(await round({ memory })).toMatchObject([{ became: "accepted", packetId: begun?.packetId }]);
    expect((await packets()).length).toBe(before + 1);
  }, 60_000);

  test("another host key than the pinned one, another key, and a key that others can read are refused before anything is read", async () => {
    site.deliver("untouched", { "dm.json": DM });
    const stranger = await once({ "host-key": fingerprintOf(keyPair().public) });
    expect([stranger.code, stranger.stderr]).toEqual([3, expect.stringContaining("sftp.host_key") as string]);
    const foreign = join(product.folder, "foreign");
    writeFileSync(foreign, keyPair().private, { mode: 0o600 });
    const refused = await once({ key: foreign });
    expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("sftp.login") as string]);
    const open = join(product.folder, "open");
    writeFileSync(open, site.key, { mode: 0o644 });
    expect((await once({ key: open })).stderr).toContain("secret.exposed");
    expect(waiting().toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["untouched", "untouched.ready"]);
    for (const name of waiting()) rmSync(at(name), { recursive: true });
  }, 60_000);

  test("a receipt that can't be written is written by a later round, and the packet stays one", async () => {
    const before = (await packets()).length;
    site.deliver("full", { "dm.json": inventedDemographics(1) });
    chmodSync(at("accepted"), 0o555);
    const [refused] = await round();
    expect(refused).toMatchObject({ became: "failed", code: "sftp.refused" });
    expect(existsSync(at("full", "dm.json"))).toBe(true);
    expect(await round()).toMatchObject([{ became: "failed" }]);
    chmodSync(at("accepted"), 0o755);
    const [fate] = await round();
    expect(fate).toMatchObject({ became: "accepted", packetId: refused?.packetId });
    expect(receipt("full")["packetId"]).toBe(fate?.packetId);
    expect((await packets()).length).toBe(before + 1);
  }, 60_000);

  const STEPS = ["surveyed", "begun", "sending", "checking", "completed", "decided", "unmarked", "receipted", "moved"] as const;
  test("kill -9 of the drop after each of its steps makes one packet of one delivery, filed once", async () => {
    const memory = join(product.folder, "killed");
    const sftp = { host: "127.0.0.1", port: site.port, user: site.user, hostKey: site.fingerprint, key: site.key };
    const before = new Set(await packets());
    // Every fourth one; the long run takes all.
    const steps = STEPS.filter((_, n) => LONG || n % 4 === 0);
    for (const step of steps) {
      // Where it is killed between two parts, there have to be two.
      site.deliver(`killed-${step}`, { "dm.json": step === "sending" ? long("KIL") : inventedDemographics(1) });
      const plan: KilledRound = { profile: product.profile("ingest"), sftp, state: memory, study: PILOT, root: site.folder, killAfter: step };
      const killed = new Program(process.execPath, [join(ROOT, "e2e/dist/support/killed-drop.js"), JSON.stringify(plan)]);
      const { stderr } = await killed.ended;
      expect([step, killed.child.signalCode, stderr]).toEqual([step, "SIGKILL", ""]);
      const fates = await round({ memory });
      expect([step, fates.map(({ became }) => became)]).toEqual([step, step === "moved" ? [] : ["accepted"]]);
      expect([step, waiting()]).toEqual([step, []]);
    }
    const filed = steps.map((step) => String(receipt(`killed-${step}`)["packetId"]));
    const ordered = (ids: readonly string[]): readonly string[] => ids.toSorted((a, b) => (a < b ? -1 : 1));
    expect(ordered((await packets()).filter((packetId) => !before.has(packetId)))).toEqual(ordered(filed));
    expect((await ingest.api.packets.unfinished.query({ study: PILOT })).items).toEqual([]);
    expect(readdirSync(memory)).toEqual(["names.key"]);
  }, 180_000);

  test("a drop that keeps running takes what comes, says nothing of names, lets no second one in, and ends when it is told to", async () => {
    const running = product.begin([...line(), "--every", "5", "--json"]);
    await until(
      () => existsSync(join(kept(), "drop.lock")),
      20_000,
      () => running.stderr,
    );
    expect((await once()).stderr).toContain("--state");
    site.deliver("subject-701-1015", { "subject-701-1015.json": inventedDemographics(1) });
    await running.says(/"became":"accepted"/, 30_000);
    running.child.kill("SIGTERM");
    const { code, stdout, stderr } = await running.ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toContain("1015");
  }, 60_000);

  async function release(of: Product, packetId: string): Promise<unknown> {
    const { evidence, packetId: _, ...counts } = await of.json<Record<string, unknown>>(["--as", "steward", "release", packetId, "--reason", "validated against source documents"]);
    return { ...counts, chains: (evidence as { chain: string }[]).map(({ chain }) => chain) };
  }
});

/** What a steward is shown of a packet, less what is its own in each deployment. */
async function viewOf(product: Product, packetId: string): Promise<unknown> {
  const steward = product.connect("steward");
  const seen = await steward.api.packets.inspect.query({ packetId });
  await steward.close();
  return JSON.parse(
    JSON.stringify(seen)
      .replaceAll(packetId, "packet")
      .replaceAll(/"(receivedAt|decidedAt)":"[^"]*"/g, '"$1":"-"'),
  ) as unknown;
}

/** What a reviewer is shown: the counts, and the masked records of the subjects at the small sites, by their own identifier. */
async function readsOf(product: Product): Promise<{ readonly bySite: unknown; readonly subjects: Readonly<Record<string, unknown>> }> {
  const reviewer = product.connect("reviewer");
  const { items, bySite } = await reviewer.api.subjects.list.query({ study: PILOT, limit: 500 });
  const small = new Set(bySite.filter(({ count }) => count <= 4).map(({ site }) => site));
  const subjects: Record<string, unknown> = {};
  for (const { subjectId } of items.filter(({ site }) => small.has(site)).slice(0, 8)) {
    const { value } = await reviewer.api.subjects.reveal.mutate({ subjectId, field: "DM.USUBJID", purpose: "monitoring", reason: "source data verification" });
    const domains = await Promise.all(["DM", "AE"].map((domain) => reviewer.api.subjects.get.query({ subjectId, domain })));
    subjects[String(value)] = domains.map(({ fields, domains: counts }) => [
      counts,
      fields.map(({ field, state, ...shown }) => [field, state, "value" in shown ? shown.value : shown.mask]),
    ]);
  }
  await reviewer.close();
  return { bySite, subjects };
}

interface Corrected {
  readonly release: { readonly differences: readonly object[] };
}
/** A view without what each deployment calls a subject by itself. */
function unnamed(view: unknown): unknown {
  const text = JSON.stringify(view)
    .replaceAll(/"sub_[0-9a-z]{26}"/g, '"subject"')
    .replaceAll(/"label":"[^"]*"/g, '"label":"-"');
  return JSON.parse(text);
}

interface Versions {
  readonly usubjid: unknown;
  readonly total: number;
  readonly changed: readonly unknown[];
  /** In each version, the newest first. */
  readonly ages: readonly unknown[];
}
/** The versions of demographics of the first subjects, by their own identifiers: what each changed, and the age in it. */
async function versionsOf(product: Product): Promise<readonly Versions[]> {
  const reviewer = product.connect("reviewer");
  const open = async (subjectId: string, field: string, version?: number): Promise<unknown> =>
    (await reviewer.api.subjects.reveal.mutate({ subjectId, field, ...(version !== undefined && { version }), purpose: "monitoring", reason: "source data verification" })).value;
  const { items, bySite } = await reviewer.api.subjects.list.query({ study: PILOT, limit: 500 });
  const small = new Set(bySite.filter(({ count }) => count <= 4).map(({ site }) => site));
  const found: Versions[] = [];
  for (const { subjectId } of items.filter(({ site }) => small.has(site))) {
    const { total, versions } = await reviewer.api.subjects.history.query({ subjectId });
    const ages = [];
    for (const { version } of versions) ages.push(await open(subjectId, "DM.AGE", version));
    found.push({ usubjid: await open(subjectId, "DM.USUBJID"), total, changed: versions.map(({ changed }) => changed), ages });
  }
  await reviewer.close();
  return found.toSorted((a, b) => (String(a.usubjid) < String(b.usubjid) ? -1 : 1));
}
