import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SallyportClientError } from "@sallyport/client";
import { startPostgres } from "@sallyport/embedded-postgres";
import { canaries, faultTest, pdfOf, zipOf } from "@sallyport/testkit";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser, noBrowser } from "./support/browser.ts";
import type { ConsolePerson } from "./support/console-person.ts";
import { founders } from "./support/founders.ts";
import { joined } from "./support/invitation.ts";
import { chooseIn } from "./support/people-pages.ts";
import { type Receivers, startReceivers } from "./support/told-receivers.ts";
import { until } from "./support/until.ts";
import { columnsOf, DELIVERY, FILE_NAMES, IN_FAULTS as IN_COLUMNS, INGRESS, planted as plantedFile, REASONS } from "./support/ingress-canaries.ts";
import { type Finding, searchFolder, searchText } from "./support/leak-search.ts";
import { noSshServer, OpenSshServer } from "@sallyport/portal-testkit";
import { inventedDemographics, PILOT, withCells } from "./support/pilot-study.ts";
import { prepareFounded } from "./support/founded.ts";
import { Product } from "./support/product.ts";

const PLANTED = canaries(200, "whole run");
const [IN_FIELDS, IN_REASONS, IN_FAULTS] = [PLANTED.slice(0, 180), PLANTED.slice(180, 190), PLANTED.slice(190)];
/** Two of each subject's fields hold one: an identifier and the race. */
const SUBJECTS = IN_FIELDS.length / 2;
/** These, and two hundred more that take the whole way in: in parts, by the command line and by SFTP. */
const EVERYTHING = [...PLANTED, ...INGRESS];
/** Twice the width at which PostgreSQL compresses a value, had it one to compress. */
const LONG = 5_000;

let product: Product;
let receivers: Receivers;
/** All that anybody was shown on the way: answers, errors, pages. */
const shown: { readonly place: string; readonly text: string }[] = [];
const show = (place: string, text: string): void => void shown.push({ place, text });

/** Demographics in which the canaries stand as subjects' identifiers and races, one among them very long. */
function planted(): string {
  const text = inventedDemographics(SUBJECTS / 3).replace(
    /"name":"(USUBJID|SUBJID|RACE)","label":"([^"]*)","type":"string","length":\d+/g,
    `"name":"$1","label":"$2","type":"string","length":${LONG * 2}`,
  );
  return withCells(text, (row, variable, value) => {
    if (variable === "USUBJID") return IN_FIELDS[row] ?? value;
    if (variable === "RACE") return row === 0 ? `${IN_FIELDS[SUBJECTS]}${" again".repeat(LONG / 6)}` : (IN_FIELDS[SUBJECTS + row] ?? value);
    return value;
  });
}

/** Does something that is refused, and keeps all that the refusal says. */
async function refused(place: string, work: () => Promise<unknown>): Promise<SallyportClientError> {
  const error: unknown = await work().then(
    () => null,
    (failure: unknown) => failure,
  );
  if (!(error instanceof SallyportClientError)) throw new Error(`${place} was not refused`);
  show(place, `${error.message} ${error.stack ?? ""} ${JSON.stringify(error)} ${(error.where ?? []).join(" ")} ${String(error.cause)}`);
  return error;
}

beforeAll(async () => {
  product = await prepareFounded();
  receivers = await startReceivers(product.folder);
  await product.start(receivers.settings);
  // Before anything is stored: what PostgreSQL compresses itself, in its own way, no search sees into.
  await product.withOwner(storeAsIs);
}, 240_000);
afterAll(async () => {
  await product.remove();
  receivers.close();
}, 120_000);

describe("four hundred values that nobody may see where they don't belong", () => {
  test("go through the whole product, its faults included", async () => {
    const [ingest, steward, reviewer] = [product.connect("ingest"), product.connect("steward"), product.connect("reviewer")];
    const { packetId } = await ingest.api.packets.upload.mutate({ study: PILOT, content: planted() });
    await steward.api.packets.release.mutate({ packetId, reason: `validated, see ${IN_REASONS[0]}` });
    const listed = await reviewer.api.subjects.list.query({ study: PILOT });
    expect(listed.total).toBe(SUBJECTS);
    show("masked list", JSON.stringify(listed));
    const revealed = new Set<unknown>();
    for (const [index, { subjectId }] of listed.items.entries()) {
      show("masked subject", JSON.stringify(await reviewer.api.subjects.get.query({ subjectId })));
      const { value } = await reviewer.api.subjects.reveal.mutate({
        subjectId,
        field: index % 2 === 0 ? "DM.USUBJID" : "DM.RACE",
        purpose: "safety",
        reason: `asked for by ${IN_REASONS[1 + (index % 9)]}`,
      });
      revealed.add(String(value).slice(0, 27));
    }
    // They are what is stored: the search below would find nothing of what never went in.
    expect([...revealed].filter((value) => IN_FIELDS.includes(String(value))).length).toBe(SUBJECTS);

    const letter = { name: `${IN_FAULTS[0]}.pdf`, bytes: pdfOf([`(${IN_FAULTS[0]})`]), document: { type: "irb_correspondence", site: "701" } } as const;
    const held = await ingest.upload({ study: PILOT, files: [letter] });
    show("a document's inspection", JSON.stringify(await steward.api.packets.inspect.query({ packetId: held.packetId })));
    const { documents } = await steward.api.packets.release.mutate({ packetId: held.packetId, reason: `read, see ${IN_REASONS[0]}` });
    expect(documents.created).toBe(1);

    const again = await ingest.api.packets.upload.mutate({ study: PILOT, content: planted() });
    await steward.api.packets.reject.mutate({ packetId: again.packetId, reason: `wrong visit, says ${IN_REASONS[9]}` });
    await Promise.all([ingest.close(), steward.close(), reviewer.close()]);
  }, 60_000);

  test("stand in inputs that are refused", async () => {
    const [ingest, reviewer] = [product.connect("ingest"), product.connect("reviewer")];
    const value = (n: number): string => IN_FAULTS[n] ?? "";
    await refused("a dataset that isn't one", async () => await ingest.api.packets.upload.mutate({ study: PILOT, content: `{"${value(0)}":"${value(0)}"}` }));
    await refused("a dataset that isn't JSON", async () => await ingest.api.packets.upload.mutate({ study: PILOT, content: `{${value(1)}` }));
    await refused(
      "a site that isn't registered",
      async () =>
        await ingest.api.packets.upload.mutate({
          study: PILOT,
          content: withCells(inventedDemographics(1), (_, name, cell) => (name === "SITEID" ? value(2) : name === "USUBJID" ? `${value(2)}-${String(cell)}` : cell)),
        }),
    );
    await refused(
      "a wrong type in a cell",
      async () => await ingest.api.packets.upload.mutate({ study: PILOT, content: withCells(inventedDemographics(1), (_, name, cell) => (name === "AGE" ? value(3) : cell)) }),
    );
    await refused("an id that is none", async () => await reviewer.api.subjects.get.query({ subjectId: value(4) }));
    await refused("a field that is none", async () => await reviewer.call("subjects.reveal", { subjectId: value(5), field: value(5), purpose: value(5), reason: value(5) }));
    await refused("a member that is none", async () => await reviewer.call("subjects.list", { [value(6)]: value(6) }));
    await refused("a procedure that is none", async () => await reviewer.call(`subjects.${value(7)}`, { reason: value(7) }));
    for (const args of [
      ["call", "subjects.get", `{"subjectId":"${value(8)}"`],
      ["call", "subjects.get", JSON.stringify({ subjectId: value(8) })],
    ]) {
      const { code, stderr, stdout } = await product.cli(["--as", "reviewer", ...args]);
      expect(code).not.toBe(0);
      show("the command line's refusal", `${stdout}${stderr}`);
    }
    const file = join(product.folder, "bad.json");
    writeFileSync(
      file,
      withCells(inventedDemographics(1), (_, name, cell) => (name === "SEX" ? value(9).repeat(3) : cell)),
    );
    const { code, stderr } = await product.cli(["--as", "ingest", "ingest", file]);
    expect([code, stderr.includes("[packet.invalid")]).toEqual([1, true]);
    show("the command line's refusal of a file", stderr);
    const archive = join(product.folder, "bad.zip");
    writeFileSync(archive, zipOf([{ name: `../${value(9)}.pdf`, content: value(9) }]));
    const outside = await product.cli(["--as", "ingest", "ingest", archive, "--study", PILOT, "--document", "ectd_sequence", "--site", "701"]);
    expect([outside.code, outside.stderr.includes("file 1, entry 1: a name that leads out of its folder")]).toEqual([1, true]);
    show("the command line's refusal of an archive", `${outside.stdout}${outside.stderr}`);
    await Promise.all([ingest.close(), reviewer.close()]);
  }, 60_000);

  test("come in by parts, by the command line and by SFTP, are inspected, released, corrected, withdrawn, moved and looked for", async () => {
    const [ingest, steward, reviewer, regulatory, auditor] = ["ingest", "steward", "reviewer", "regulatory", "auditor"].map((name) => product.connect(name));
    if (ingest === undefined || steward === undefined || reviewer === undefined || regulatory === undefined || auditor === undefined) throw new Error("no profile");
    const fileOf = (name: string | undefined, text: string) => ({ name: `${name ?? ""}.json`, bytes: Buffer.from(text) });
    const whole = { study: PILOT, files: [fileOf(FILE_NAMES[0], plantedFile("DM", 0)), fileOf(FILE_NAMES[1], plantedFile("AE", 0))] };
    const sent = await ingest.upload({ ...whole, onProgress: (standing) => show("progress", JSON.stringify(standing)) });
    show("an uploaded packet", JSON.stringify(sent));
    const { packetId } = sent;
    // One that nobody completes.
    const begun = await ingest.api.packets.begin.mutate({ study: PILOT, files: [{ name: `${FILE_NAMES[2] ?? ""}.json`, bytes: 4096 }] });
    show("an unfinished upload", JSON.stringify([begun, await ingest.api.packets.progress.query({ packetId: begun.packetId }), await ingest.api.packets.unfinished.query({})]));

    show("an inspection", JSON.stringify(await steward.api.packets.inspect.query({ packetId })));
    show("a release", JSON.stringify(await steward.api.packets.release.mutate({ packetId, reason: `as ${REASONS[0] ?? ""} says` })));
    const { items } = await reviewer.api.subjects.list.query({ study: PILOT, limit: 500 });
    const mine: string[] = [];
    for (const { subjectId } of items) {
      const opened = await reviewer.api.subjects.get.query({ subjectId, domain: "AE" });
      show("masked events", JSON.stringify(opened));
      if (opened.fields.length > 0) mine.push(subjectId);
    }
    expect(mine).toHaveLength(20);
    const [subjectId = ""] = mine;
    const { value } = await reviewer.api.subjects.reveal.mutate({ subjectId, field: "DM.RFSTDTC", purpose: "safety", reason: `asked for by ${REASONS[1] ?? ""}` });
    expect(INGRESS).toContain(value);

    // A correction of every record, by the command line: its difference, and the history.
    const file = join(product.folder, `${FILE_NAMES[3] ?? ""}.json`);
    writeFileSync(file, plantedFile("DM", 1));
    const byLine = await product.cli(["--as", "ingest", "ingest", file, "--json"]);
    show("the command line's packet", `${byLine.stdout}${byLine.stderr}`);
    const corrected = (JSON.parse(byLine.stdout) as { packetId: string }).packetId;
    show("a difference", JSON.stringify(await steward.api.packets.inspect.query({ packetId: corrected })));
    const releasing = await product.cli(["--as", "steward", "release", corrected, "--reason", `as ${REASONS[2] ?? ""} says`]);
    show("the command line's release", `${releasing.stdout}${releasing.stderr}`);
    const history = await reviewer.api.subjects.history.query({ subjectId });
    expect(history.total).toBe(2);
    show("a history", JSON.stringify(history));

    show("a withdrawal", JSON.stringify(await regulatory.api.subjects.withdraw.mutate({ subjectId, from: "2024-06-01", reason: `as ${REASONS[3] ?? ""} says` })));
    const late = await ingest.upload({ study: PILOT, files: [fileOf(FILE_NAMES[0], plantedFile("DM", 2))] });
    show("an inspection of late data", JSON.stringify(await steward.api.packets.inspect.query({ packetId: late.packetId })));
    const { code } = await refused(
      "a release of late data",
      async () => await steward.api.packets.release.mutate({ packetId: late.packetId, reason: `as ${REASONS[4] ?? ""} says` }),
    );
    expect(code).toBe("packet.withdrawn");
    show("a transfer", JSON.stringify(await regulatory.api.subjects.transfer.mutate({ subjectId, to: "703", reason: `as ${REASONS[4] ?? ""} says` })));
    show("an exposure", JSON.stringify(await auditor.api.subjects.exposure.query({ subjectId })));

    // A fault in every column of both files: too long, or of another type.
    for (const domain of ["DM", "AE"] as const) {
      for (const [n, column] of columnsOf(domain).entries()) {
        const wrong = (IN_COLUMNS[n % IN_COLUMNS.length] ?? "").repeat(8);
        const content = plantedFile(domain, 0, (row, variable, cell) => (row === 3 && variable === column ? wrong : cell));
        const failure = await refused(`a fault in ${column}`, async () => await ingest.upload({ study: PILOT, files: [fileOf(FILE_NAMES[0], content)] }));
        expect([column, failure.code, failure.where?.some((place) => /row 4\b/.test(place) && place.includes(column))]).toEqual([column, "packet.invalid", true]);
      }
    }

    const found = await auditor.api.crossings.search.query({ limit: 200 });
    show("the crossings", JSON.stringify(found));
    for (const { requestId } of found.items.slice(0, 40))
      show("a trace", JSON.stringify(await auditor.api.crossings.trace.query({ requestId }).catch((error: unknown) => String(error))));
    for (const form of ["csv", "jsonl"] as const) {
      for await (const event of auditor.watch("crossings.export", { filter: {}, format: form })) show(`the crossings as ${form}`, JSON.stringify(event));
    }
    await Promise.all([ingest, steward, reviewer, regulatory, auditor].map(async (each) => await each.close()));
  }, 180_000);

  test.skipIf(noSshServer !== null)(
    `come in by SFTP${noSshServer === null ? "" : ` (skipped: ${noSshServer})`}`,
    async () => {
      const site = await OpenSshServer.start();
      try {
        const key = join(product.folder, "site.key");
        writeFileSync(key, site.key, { mode: 0o600 });
        const name = FILE_NAMES[0] ?? "";
        site.deliver(DELIVERY, { [`${name}.json`]: plantedFile("DM", 3) });
        site.deliver(`${DELIVERY}-refused`, { [`${name}.json`]: plantedFile("DM", 3, (row, variable, cell) => (row === 3 && variable === "AGE" ? (IN_COLUMNS[0] ?? "") : cell)) });
        site.deliver(`${DELIVERY} waiting`, { [`${name}.json`]: "{}" });
        const options = [
          "--server",
          `127.0.0.1:${site.port}`,
          "--user",
          site.user,
          "--folder",
          site.folder,
          "--key",
          key,
          "--host-key",
          site.fingerprint,
          "--study",
          PILOT,
          "--once",
        ];
        for (const form of [[], ["--json"]]) {
          const { code, stdout, stderr } = await product.cli(["--as", "ingest", "drop", ...options, ...form]);
          expect([code, stderr]).toEqual([0, ""]);
          show("what the drop says", stdout);
        }
        const papers = readdirSync(site.folder, { recursive: true, encoding: "utf8" }).filter((path) => /\.(receipt|refusal)\.json$/.test(path));
        expect(papers).toHaveLength(2);
        for (const paper of papers) show("what the drop leaves", readFileSync(join(site.folder, paper), "utf8"));
        // One that is under way when everything is searched.
        site.deliver(`${DELIVERY}-cut`, { [`${name}.json`]: plantedFile("DM", 4) });
        chmodSync(join(site.folder, "accepted"), 0o555);
        expect((await product.cli(["--as", "ingest", "drop", ...options])).code).toBe(1);
      } finally {
        site.remove();
      }
    },
    120_000,
  );

  test.skipIf(noBrowser !== null)(
    `are behind what people look at who are signed in, and named in what they ask for and are told of${noBrowser === null ? "" : ` (skipped: ${noBrowser})`}`,
    async () => {
      const browser = await launchBrowser();
      try {
        const { alma, boris } = await founders(browser, product);
        const come = async (username: string, role: string, study = PILOT): Promise<ConsolePerson> =>
          await joined(browser, [boris, alma], { username, printedName: `${username} of the trial` }, role, study);
        const [rita, rosa, stan] = [await come("rita", "clinical_reviewer"), await come("rosa", "regulatory_reviewer"), await come("stan", "data_steward")];
        const [dora, clara] = [await come("dora", "auditor", "*"), await come("clara", "auditor", "SYN-001")];
        const seen = new Map<string, number>();
        for (const person of [alma, boris, rita, rosa, stan, dora, clara]) listen(person, seen);

        // What people are told goes to addresses of their own, too.
        const { people } = await alma.call<{ people: readonly { personId: string; principal: string; username: string }[] }>("people.list", {});
        // Somebody of another site than the subject that they need.
        const principal = people.find(({ username }) => username === "clara")?.principal;
        await alma.call("assignments.assign", { principal, role: "clinical_reviewer", study: PILOT, site: "703", reason: "covers for a colleague" });
        for (const { personId, username } of people)
          await (username === "alma" ? boris : alma).call("people.setAddress", { personId, address: `${username}@site.example`, reason: `for ${IN_REASONS[3] ?? ""} as well` });

        // Every page that each of them is offered: whole, and as the frame fetches it.
        for (const [person, own] of [
          [alma, "/people"],
          [rita, "/subjects"],
          [rosa, "/subjects"],
          [stan, "/packets"],
          [dora, "/crossings"],
        ] as const) {
          await person.goto("/overview");
          // What somebody's rights open comes after what is everybody's.
          await person.page.locator(`nav a[href='${own}']`).first().waitFor();
          const paths = await person.page.locator("nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
          for (const path of new Set(paths)) {
            await person.page.locator(`nav a[href='${path}']`).first().click();
            await person.page.waitForURL(`**${path}`);
            await lookedAt(person);
            await person.goto(path);
            await lookedAt(person);
          }
        }
        const { items } = await rita.call<{ items: readonly { subjectId: string }[] }>("subjects.list", { study: PILOT });
        const ingest = product.connect("ingest");
        const waiting = await ingest.api.packets.upload.mutate({ study: PILOT, content: planted() });
        await ingest.close();
        const [one = "", other = ""] = items.map(({ subjectId }) => subjectId);
        for (const [person, path] of [
          [rita, `/subjects/${one}`],
          [rita, `/subjects/${one}?domain=AE`],
          [rosa, `/subjects/${other}?tab=exposure`],
          [stan, `/packets/${waiting.packetId}`],
        ] as const) {
          await person.goto(path);
          if (person === stan) await stan.heading("What a release would do now");
          await lookedAt(person);
        }

        // Acts that others are told of, whose reasons and subjects are such values.
        const { approval } = await rita.call<{ approval: { approvalId: string } }>("approvals.requestBulkReveal", {
          subjectId: one,
          fields: ["DM.USUBJID", "DM.RACE"],
          purpose: "safety",
          reason: `asked for by ${IN_REASONS[4] ?? ""}`,
        });
        await rosa.goto("/approvals");
        await lookedAt(rosa);
        await rosa.page.locator(".row-open").first().click();
        await rosa.page.getByRole("button", { name: /^Approve with/ }).waitFor();
        await lookedAt(rosa, [IN_REASONS[4] ?? ""]);
        await rosa.approveWithoutPages(approval.approvalId, `as ${IN_REASONS[5] ?? ""} says`);
        await clara.goto("/subjects");
        await clara.button("Emergency access").click();
        await chooseIn(clara, "Study", new RegExp(`^${PILOT}`));
        await clara.fill("Subject", IN_FIELDS[5] ?? "");
        await chooseIn(clara, "Cause", /adverse event/);
        await clara.fill("Reason", `the ward of ${IN_REASONS[6] ?? ""} asks`);
        await clara.button("Go on").click();
        await clara.prove("Open");
        await clara.page.waitForURL(/\/subjects\/sub_/).catch(async () => {
          throw new Error(await clara.page.locator("body").innerText());
        });
        await clara.see("Emergency access is open");
        await lookedAt(clara);
        await dora.goto("/crossings");
        await lookedAt(dora);
        await product.json(["--as", "auditor", "alerts", "test"]);

        const kinds = (): ReadonlySet<string> => new Set(receivers.told.filter(({ place }) => place === "webhook").map(({ text }) => /"type":"([a-z_.]+)"/.exec(text)?.[1] ?? ""));
        const wanted = ["approval.requested", "approval.decided", "emergency.opened"];
        await until(
          () => Promise.resolve(wanted.every((kind) => kinds().has(kind)) && receivers.told.some(({ text }) => text.includes("TO:<rosa@site.example>"))),
          60_000,
          () => `told of ${[...kinds()].join(", ")} alone`,
        );
        // Each kind of sink was looked into, and what stands there was found in it.
        for (const [kind, least] of [
          ["text/html", 40],
          ["text/x-component", 20],
          ["application/json", 200],
        ] as const)
          expect([kind, (seen.get(kind) ?? 0) >= least, seen.get(kind)]).toEqual([kind, true, seen.get(kind)]);
        for (const kind of ["text/html", "text/x-component"])
          expect([kind, shown.some(({ place, text }) => place.startsWith(kind) && searchText(place, text, ["static/chunks"]).length > 0)]).toEqual([kind, true]);
        const link = `${product.console}/`;
        for (const place of ["webhook", "mail"] as const)
          expect([place, receivers.told.filter((each) => each.place === place).some(({ text }) => found(searchText(place, text, [link, ...EVERYTHING])).length === 1)]).toEqual([
            place,
            true,
          ]);
      } finally {
        await browser.close();
      }
    },
    480_000,
  );

  test("stay closed when what is stored was tampered with, and through kill -9 of each process", async () => {
    const reviewer = product.connect("reviewer");
    const { items } = await reviewer.api.subjects.list.query({ study: PILOT });
    let victim = "";
    await product.withOwner(async (owner) => {
      const subjects = await owner<
        { subject: string }[]
      >`SELECT subject FROM phi.sealed_records WHERE domain = 'DM' AND subject IN ${owner(items.map(({ subjectId }) => subjectId))} GROUP BY subject HAVING count(*) = 1 LIMIT 2`;
      const [one, other] = subjects.map(({ subject }) => subject);
      victim = one ?? "";
      await owner`UPDATE phi.sealed_records SET fields = (SELECT fields FROM phi.sealed_records WHERE subject = ${other ?? ""} AND domain = 'DM') WHERE subject = ${victim} AND domain = 'DM'`;
    });
    const { code } = await refused(
      "a field of another subject",
      async () => await reviewer.api.subjects.reveal.mutate({ subjectId: victim, field: "DM.RACE", purpose: "safety", reason: `asked for by ${IN_REASONS[1]}` }),
    );
    expect(code).toBe("phi.integrity");
    const busy = Promise.allSettled(
      items.map(async ({ subjectId }) => await reviewer.api.subjects.reveal.mutate({ subjectId, field: "DM.USUBJID", purpose: "safety", reason: `asked for by ${IN_REASONS[2]}` })),
    );
    for (const name of ["api", "custodian", "postgres", "console"] as const) await product.crash(name);
    for (const each of await busy) if (each.status === "rejected") show("a call in a crash", `${String(each.reason)} ${JSON.stringify(each.reason)}`);
    for (const path of ["/", "/api/status", "/nowhere"]) show(`the console's ${path}`, await (await fetch(product.console + path)).text());
    await reviewer.close();
  }, 120_000);

  test("are in no answer, error, page, mail or webhook that anybody was shown or sent", () => {
    for (const { place, text } of receivers.told) show(`a ${place}`, text);
    expect(shown.length).toBeGreaterThan(30);
    expect(shown.flatMap(({ place, text }) => searchText(place, text, EVERYTHING))).toEqual([]);
  });

  test("are in no event for a SIEM and in no file of a backup, whose search finds what stands there", async () => {
    // Only what a checkpoint covers is handed on; an export has one made.
    for (const chain of ["system", `site:${PILOT}/701`])
      await product.json(["--as", "auditor", "export", "--chain", chain, "--out", join(product.folder, `before-siem-${chain.length}`)]);
    const events = join(product.folder, "siem.jsonl");
    await product.json(["--as", "auditor", "siem", "--out", events, "--once"]);
    const handed = readFileSync(events, "utf8");
    expect(handed.split("\n").length).toBeGreaterThan(100);
    expect(found(searchText("events", handed, [PILOT, ...EVERYTHING]))).toEqual(["events: -1 as raw"]);

    // Stored in the open, one short and one longer than a column keeps as it is, as nothing of the product's is.
    const [open = "", long = ""] = canaries(2, "in a backup");
    const backup = join(product.folder, "backup");
    await product.withOwner(async (owner) => {
      await owner`CREATE TABLE planted (value text, long text)`;
      await owner`ALTER TABLE planted ALTER COLUMN long SET STORAGE EXTERNAL`;
      await owner`INSERT INTO planted VALUES (${open}, ${`${long}${" again".repeat(LONG / 6)}`})`;
      await product.json(["backup", "--out", backup]);
      await owner`DROP TABLE planted`;
    });
    const inBackup = searchFolder(backup, [open, long, ...EVERYTHING]);
    expect(new Set(inBackup.map(({ canary }) => canary))).toEqual(new Set([open, long]));
  }, 120_000);

  faultTest(
    "P16",
    "are in no export, in nothing that the supervisor printed, and in no file of the deployment: database, its log of changes, logs, keys",
    async (defence) => {
      if (defence === "on") {
        for (const chain of ["system", `site:${PILOT}/701`])
          await product.json(["--as", "auditor", "export", "--chain", chain, "--out", join(product.home, "exports", chain.replaceAll(/\W/g, "-"))]);
        await product.withOwner(async (owner) => await owner.unsafe("CHECKPOINT"));
        const ended = await product.stop();
        expect(searchText("the supervisor", `${ended?.stdout ?? ""}${ended?.stderr ?? ""}`, EVERYTHING)).toEqual([]);
      } else {
        await storePlainly();
        // The search sees each of them, in the tables and in the log of changes: what it doesn't find isn't there.
        const findings = searchFolder(join(product.home, "postgres"), EVERYTHING);
        const places = ["pg_wal", "base"].filter((part) => findings.some(({ place }) => place.includes(part)));
        if (new Set(findings.map(({ canary }) => canary)).size < EVERYTHING.length || places.length < 2) throw new Error("the search is blind");
      }
      expect(found(searchFolder(product.home, EVERYTHING))).toEqual([]);
    },
    240_000,
  );
});

/** Keeps all that a person's browser is answered or asks for: pages, what the frame fetches of them, and what the api said; by kind, in `seen`. */
function listen({ context }: ConsolePerson, seen: Map<string, number>): void {
  context.on("response", (response) => {
    const [kind = ""] = (response.headers()["content-type"] ?? "").split(";");
    if (!/^(?:text\/html|text\/x-component|text\/plain|application\/json|application\/x-ndjson)$/.test(kind)) return;
    const { pathname, search } = new URL(response.url());
    response.text().then(
      (text) => {
        // A reason is shown to whoever decides by it, and to whoever may read the record.
        if (pathname.endsWith("/approvals.get")) return;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
        show(`${kind} at ${pathname}`, `${search}\n${text}`);
      },
      () => undefined,
    );
  });
}

/** Takes down what stands on a person's page once it has come, and what it leaves in the browser; but for what is meant to stand there. */
async function lookedAt(person: ConsolePerson, meant: readonly string[] = []): Promise<void> {
  await person.page.locator("main h1").first().waitFor();
  await person.page.locator(".skeleton").first().waitFor({ state: "detached" });
  const { pathname } = new URL(person.page.url());
  const content = meant.reduce((text, word) => text.replaceAll(word, ""), await person.page.content());
  show(`the page ${pathname}`, content);
  show(`what ${pathname} left behind`, await person.leftBehind());
}

/** Has every column hold its values as they are given: nothing that is stored from now on is compressed. */
async function storeAsIs(owner: postgres.Sql): Promise<void> {
  const columns = await owner<{ statement: string }[]>`
    SELECT format('ALTER TABLE %I.%I ALTER COLUMN %I SET STORAGE EXTERNAL', n.nspname, c.relname, a.attname) AS statement
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage IN ('x', 'm') AND n.nspname !~ '^(pg_|information_schema$)'
       AND a.atttypid <> 'numeric'::regtype`;
  for (const { statement } of columns) await owner.unsafe(statement);
}

/** Stores the values as encryption switched off would, each by itself and all of them in one long one. */
async function storePlainly(): Promise<void> {
  const database = await startPostgres({ dataDir: join(product.home, "postgres") });
  const owner = postgres(database.url, { max: 1, onnotice: () => undefined });
  await owner`CREATE TABLE plain (value text, long text)`;
  await owner`CREATE TABLE document (content text)`;
  const all = JSON.stringify(EVERYTHING.map((value) => `${value}${" again".repeat(LONG / 6)}`));
  // As a column is by itself, the search is blind for what is long: it has to be made to see, as the product's columns were.
  await owner`INSERT INTO document VALUES (${all})`;
  await owner.unsafe("CHECKPOINT");
  const unseen = EVERYTHING.length - new Set(searchFolder(join(product.home, "postgres"), EVERYTHING).map(({ canary }) => canary)).size;
  if (unseen === 0) throw new Error("PostgreSQL compresses nothing: storeAsIs isn't needed");
  await storeAsIs(owner);
  await owner`TRUNCATE document`;
  await owner`INSERT INTO document VALUES (${all})`;
  for (const value of EVERYTHING) await owner`INSERT INTO plain VALUES (${value}, ${`${value}${" again".repeat(LONG / 6)}`})`;
  await owner.unsafe("CHECKPOINT");
  await owner.end();
  await database.stop();
}

/** Short enough to read: where, and how it was spelled. */
const found = (findings: readonly Finding[]): readonly string[] =>
  [...new Set(findings.map(({ place, canary, layers }) => `${place}: ${EVERYTHING.indexOf(canary)} as ${layers.join(" ")}`))].slice(0, 20);
