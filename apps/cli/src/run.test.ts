import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok, wire } from "@sallyport/client/testing";
import { readServiceCode } from "@sallyport/pki";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CommandLine } from "../test-support/command-line.ts";

const PACKET = "pkt_00000000000000000000000000";
const SUMMARY = { packetId: PACKET, study: "S1", sites: ["701"], dataset: "DM", rows: 2, bytes: 90, state: "quarantined" };

let user: CommandLine;

beforeEach(() => {
  user = new CommandLine();
});
afterEach(async () => {
  await user.close();
});

test.each([
  ["no command", []],
  ["an unknown command", ["fly"]],
  ["a name that every object has", ["constructor"]],
  ["an unknown option", ["call", "--fast"]],
  ["an option without its value", ["release", PACKET, "--reason"]],
  ["too few arguments", ["ingest"]],
  ["too many arguments", ["verify", "a", "b"]],
  ["no profile", ["call", "studies.list"]],
  ["a profile that isn't there", ["--as", "nobody", "call", "studies.list"]],
  ["a profile's name with a path in it", ["--as", "../engineer", "call", "studies.list"]],
  ["an unknown procedure", ["--as", "engineer", "call", "moon.land"]],
  ["an input that isn't JSON", ["--as", "engineer", "call", "studies.list", "{ssn: 1}"]],
  ["a release without a reason", ["--as", "engineer", "release", PACKET]],
  ["a change of a profile without a reason", ["--as", "engineer", "profile", "propose", "draft.json"]],
  ["an unknown verb of profiles", ["--as", "engineer", "profile", "erase", "draft.json"]],
  ["a profile's version that is no number", ["--as", "engineer", "profile", "show", "cdisc-sdtm", "--number", "one"]],
  ["an unknown verb of the policy", ["--as", "engineer", "policy", "widen"]],
  ["a question about the policy with too few words", ["--as", "engineer", "policy", "who-can", "packet.read"]],
  ["a record whose place is no number", ["--as", "engineer", "policy", "explain", "system", "1", "last"]],
  ["a file that isn't there", ["--as", "engineer", "ingest", "nothing.json"]],
  ["a bundle that isn't there", ["verify", "nothing"]],
  ["a key that is no fingerprint", ["verify", ".", "--key", "abc"]],
  ["an idempotency key that is too short", ["--as", "engineer", "release", PACKET, "--reason", "long enough", "--idempotency-key", "short"]],
  ["an enrolment without a code", ["enrol", "--console", "http://localhost:3000"]],
  ["an enrolment with a file that holds no code", ["enrol", "--code-file", "nothing.txt", "--console", "http://localhost:3000"]],
  ["a renewal of nobody", ["renew"]],
  ["a service that is asked for without a reason", ["--as", "engineer", "workloads", "create", "site-sync", "--title", "Transfer", "--code-file", "code.txt"]],
  ["an unknown act on services", ["--as", "engineer", "workloads", "erase", "site-sync"]],
  ["a shred without a reason", ["--as", "engineer", "subject", "shred", "sub_0"]],
  ["a re-encryption of no study", ["--as", "engineer", "keys", "reencrypt", "--reason", "as the plan says"]],
  ["a plan that isn't there", ["setup", "--plan", "nothing.json"]],
  ["a ring that can't be escrowed", ["custodian", "escrow", "--ring", "token", "--out", "keys.json"]],
  ["a backup to nowhere", ["backup"]],
  ["a restore without a root key", ["restore", "backup", "--home", "again"]],
  ["an escrow over a file", ["custodian", "escrow", "--ring", "audit", "--out", "."]],
])("%s ends in 2 and says what is wrong, and nothing is sent", async (_, line) => {
  const served = await user.serve(() => ok({}));
  const { exit, out, err } = await user.type(line);
  expect(exit).toBe(2);
  expect(`${out}${err}`.trim()).not.toBe("");
  expect(served.arrived).toHaveLength(0);
});

test("a draft of a profile is compared and proposed as it stands in its file, and what it would change is said line by line", async () => {
  const effect = [
    { what: "profile in force", before: "cdisc-sdtm/1", after: "cdisc-sdtm/2" },
    { what: "warning: DM.AGE", before: null, after: "more of it is shown than before, as soon as it is delivered again" },
  ];
  const approval = { approvalId: "apr_00000000000000000000000000", about: "cdisc-sdtm, version 2", digest: "0".repeat(64), expiresAt: "2031-05-01T00:00:00.000Z" };
  const served = await user.serve(({ path }) => ok(path.includes("profiles.") ? { effect } : { approval }));
  writeFileSync(join(user.folder, "draft.json"), '{"id":"cdisc-sdtm"}');
  const compared = await user.type(["--as", "engineer", "profile", "compare", "draft.json"]);
  expect(compared.out).toBe("profile in force: cdisc-sdtm/1 -> cdisc-sdtm/2\nwarning: DM.AGE: more of it is shown than before, as soon as it is delivered again\n");
  const proposed = await user.type(["--as", "engineer", "profile", "propose", "draft.json", "--reason", "agreed with the sponsor"]);
  expect([proposed.exit, proposed.out]).toEqual([0, expect.stringContaining(approval.approvalId)]);
  expect([served.to("/trpc/profiles.compare").length, served.to("/trpc/approvals.requestProfileChange").length]).toEqual([1, 1]);
});

test("a service is asked for with a code that is made here: its public half is sent, and the code stands in a file of this user alone", async () => {
  const approval = { approvalId: "apr_00000000000000000000000000", expiresAt: "2031-05-01T00:00:00.000Z" };
  const served = await user.serve(() => ok({ approval }));
  const line = ["--as", "engineer", "workloads", "create", "site-sync", "--title", "Transfer", "--reason", "moves deliveries at 701", "--code-file", "code.txt"];
  const asked = await user.type(line);
  expect([asked.exit, asked.out]).toEqual([0, expect.stringContaining(approval.approvalId)]);
  const file = join(user.folder, "code.txt");
  const code = readFileSync(file, "utf8").trim();
  expect([code, statSync(file).mode & 0o777]).toEqual([expect.stringMatching(/^svc1\.site-sync\.[A-Za-z0-9_-]{43}$/), 0o600]);
  const [{ body } = { body: "" }] = served.to("/trpc/approvals.requestService");
  expect(body).toContain(readServiceCode(code)?.codeKey ?? "-");
  expect(body).not.toContain(code.slice("svc1.site-sync.".length));
  // What is there already isn't written over.
  expect((await user.type(line)).exit).toBe(2);
});

test("a service that holds what two people give is offboarded by a request for it", async () => {
  const approval = { approvalId: "apr_00000000000000000000000000" };
  const served = await user.serve(({ path }) => (path.includes("requestServiceOffboard") ? ok({ approval }) : wire(403, "approval.required")));
  const done = await user.type(["--as", "engineer", "workloads", "offboard", "site-sync", "--reason", "is not needed any more"]);
  expect([done.exit, done.out]).toEqual([0, expect.stringContaining(approval.approvalId)]);
  expect(served.to("/trpc/workloads.offboard")).toHaveLength(1);
});

test("who can reach something is said with each path, or as the file that was answered", async () => {
  const path = { role: "data_steward", study: "S1", site: "*", until: null, rule: "r1", readable: [], masked: [], signedInBy: "passkey" };
  const holders = [{ principal: "prn_1", principalName: "Ada", readable: [], masked: [], paths: [path] }];
  const answers = [
    { policy: "v2:0", holders, csv: null },
    { policy: "v2:0", holders: [], csv: '"principal"\r\n' },
  ];
  const served = await user.serve(() => ok(answers.shift()));
  const words = ["--as", "engineer", "policy", "who-can", "packet.release", "packet", "S1/701"];
  expect((await user.type(words)).out).toBe("prn_1  Ada\n  data_steward at S1/*, by r1, signed in by passkey\n1 by v2:0\n");
  expect((await user.type([...words, "--csv"])).out).toBe('"principal"\r\n');
  expect(served.to("/trpc/policy.whoCan")).toHaveLength(2);
});

test("why something is refused is said with what would be needed", async () => {
  const denied = {
    policy: "v2:0",
    effect: "deny",
    reason: "other_site",
    rule: null,
    needed: "data_steward at the resource's site",
    rolesThatMay: ["data_steward"],
    paths: [],
    recorded: null,
  };
  await user.serve(() => ok(denied));
  expect((await user.type(["--as", "engineer", "policy", "why", "prn_1", "packet.release", "packet", "S1/704"])).out).toBe(
    "deny by v2:0: other_site\n  needed: data_steward at the resource's site\n",
  );
});

test("what isn't JSON is not repeated in the error", async () => {
  const { err } = await user.type(["--as", "engineer", "call", "studies.list", '{"reason": "subject 01-701-1015 fell"']);
  expect(err).not.toContain("1015");
});

test.each([["--help"], ["help"], ["help", "ingest"], ["ingest", "--help"], ["--json", "version"], ["--version"]])("%s %s ends in 0", async (...line) => {
  const { exit, out } = await user.type(line.filter((word) => word !== undefined));
  expect(exit).toBe(0);
  expect(out).not.toBe("");
});

test("a call prints the answer as one JSON document, wherever the global options stand", async () => {
  await user.serve(() => ok({ studies: [] }));
  for (const line of [
    ["--as", "engineer", "--json", "call", "studies.list"],
    ["call", "studies.list", "{}", "--as", "engineer", "--json"],
  ]) {
    expect(await user.type(line)).toEqual({ exit: 0, out: '{"studies":[]}\n', err: "" });
  }
});

test("a call takes its input from standard input", async () => {
  const served = await user.serve(() => ok({ items: [] }));
  await user.type(["--as", "engineer", "call", "packets.list", "-"], { stdin: '{"limit": 5}' });
  expect(served.to("/trpc/packets.list")[0]?.body).toBe('{"limit":5}');
});

test("a denial ends in 3, with what to do and the request to quote", async () => {
  await user.serve(() => wire(403, "policy.denied", { remedy: "Ask." }));
  const plain = await user.type(["--as", "engineer", "call", "studies.list"]);
  expect(plain).toMatchObject({ exit: 3, out: "" });
  expect(plain.err).toMatch(/No rule allows this[^]*Ask\.[^]*policy\.denied, request req_1/);
  const { exit, err } = await user.type(["--as", "engineer", "--json", "call", "studies.list"]);
  expect(exit).toBe(3);
  expect(JSON.parse(err)).toMatchObject({ code: "policy.denied", pillar: "policy", remedy: "Ask.", requestId: "req_1" });
});

test("an api that isn't there ends in 4", async () => {
  const served = await user.serve(() => ok({}));
  await served.stop();
  const { exit, err } = await user.type(["--as", "engineer", "--json", "call", "studies.list"]);
  expect(exit).toBe(4);
  expect(JSON.parse(err)).toMatchObject({ code: "connection.refused", requestId: "" });
});

test("ingest reads the study from the file, and answers the packet", async () => {
  const served = await user.serve(() => ok(SUMMARY));
  const content = JSON.stringify({ columns: [{ name: "STUDYID" }], rows: [["S1"]] });
  writeFileSync(join(user.folder, "dm.json"), content);
  const { exit, out } = await user.type(["--as", "engineer", "ingest", "dm.json", "--json"]);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ packetId: PACKET });
  expect(JSON.parse(served.to("/trpc/packets.upload")[0]?.body ?? "")).toEqual({ study: "S1", content });
});

/** An api that takes what it is sent, as one packet of these files. */
function takingParts(sizes: readonly number[], received: number[] = sizes.map(() => 0)) {
  const at = new Date(0).toISOString();
  return ({ path, body }: { readonly path: string; readonly body: string }) => {
    if (path.endsWith(".begin") || path.endsWith(".progress"))
      return ok({
        packetId: PACKET,
        study: "S1",
        state: "receiving",
        beganAt: at,
        expiresAt: at,
        partBytes: 1_048_576,
        files: sizes.map((bytes, n) => ({ n: n + 1, bytes, received: received[n] })),
      });
    const [, n, offset] = /^\/upload\/pkt_0{26}\/(\d+)\/(\d+)$/.exec(path) ?? [];
    return n === undefined ? ok({ ...SUMMARY, dataset: "DM+AE" }) : ok({ received: Number(offset) + body.length });
  };
}

test("several files go as one packet, in parts, and the first one names the study", async () => {
  const dm = JSON.stringify({ columns: [{ name: "STUDYID" }], rows: [["S1"]] });
  const ae = "x".repeat(1_048_576 + 10);
  writeFileSync(join(user.folder, "dm.json"), dm);
  writeFileSync(join(user.folder, "ae.json"), ae);
  const served = await user.serve(takingParts([dm.length, ae.length]));
  const { exit, out } = await user.type(["--as", "engineer", "ingest", "dm.json", "ae.json"]);
  expect([exit, out]).toMatchObject([0, expect.stringContaining(`packet ${PACKET} is in quarantine`)]);
  expect(JSON.parse(served.to("/trpc/packets.begin")[0]?.body ?? "")).toEqual({
    study: "S1",
    files: [
      { name: "dm.json", bytes: dm.length },
      { name: "ae.json", bytes: ae.length },
    ],
  });
  expect(served.arrived.filter(({ path }) => path.startsWith("/upload/")).map(({ path, body }) => [path.split("/").slice(3).join("/"), body.length])).toEqual([
    ["1/0", dm.length],
    ["2/0", 1_048_576],
    ["2/1048576", 10],
  ]);
});

test("what broke off is gone on with by its packet, and says so where it breaks off again", async () => {
  writeFileSync(join(user.folder, "dm.json"), "y".repeat(600_000));
  const taking = takingParts([600_000], [524_288]);
  const served = await user.serve((request) => (request.path.startsWith("/upload/") ? wire(409, "packet.state") : taking(request)));
  const state = await user.type(["--as", "engineer", "ingest", "dm.json", "--resume", PACKET]);
  expect([state.exit, state.err.includes("--resume")]).toEqual([1, false]);
  expect(served.arrived.filter(({ path }) => path.startsWith("/upload/")).map(({ path }) => path)).toEqual([`/upload/${PACKET}/1/524288`]);
  expect(served.to("/trpc/packets.begin")).toEqual([]);
});

test.each([
  ["standard input among files", ["ingest", "-", "dm.json"]],
  ["a packet that is none", ["ingest", "dm.json", "--resume", "pkt_1"]],
  ["standard input to go on with", ["ingest", "-", "--resume", PACKET]],
  ["a key for what goes in parts", ["ingest", "dm.json", "dm.json", "--idempotency-key", "a-key-of-16-chars"]],
  ["a folder", ["ingest", "."]],
])("%s ends in 2, and nothing is sent", async (_, line) => {
  writeFileSync(join(user.folder, "dm.json"), "{}");
  const served = await user.serve(() => ok({}));
  expect((await user.type(["--as", "engineer", ...line])).exit).toBe(2);
  expect(served.arrived).toHaveLength(0);
});

test("a refused file ends in 1 and names the places", async () => {
  await user.serve(() => wire(400, "packet.invalid", { where: ["DM row 3 AGE\u001b[2J"] }));
  writeFileSync(join(user.folder, "dm.json"), "{}");
  const { exit, err } = await user.type(["--as", "engineer", "ingest", "dm.json", "--study", "S1"]);
  expect(exit).toBe(1);
  expect(err).toContain("at DM row 3 AGE");
  expect(err).not.toContain("\u001b");
});

test("release sends the reason and the key that was given, and says what changed", async () => {
  const served = await user.serve(() =>
    ok({
      packetId: PACKET,
      state: "released",
      subjects: { created: 306, updated: 0, unchanged: 0 },
      records: { created: 306, updated: 0, unchanged: 0, absent: 0 },
      documents: { created: 0, updated: 0, unchanged: 0 },
      equal: false,
      evidence: [],
    }),
  );
  const { exit, out } = await user.type(["--as", "engineer", "release", PACKET, "--reason", "validated against source", "--idempotency-key", "release-0123456789"]);
  expect(exit).toBe(0);
  expect(out).toContain("306 created");
  expect(served.to("/trpc/packets.release")[0]).toMatchObject({ key: "release-0123456789", body: JSON.stringify({ packetId: PACKET, reason: "validated against source" }) });
});

test("release states that data are from before a withdrawal where that was said, and not otherwise", async () => {
  const served = await user.serve(() => wire(409, "packet.withdrawn", { where: ["row 2: the subject has withdrawn consent"] }));
  const said = ["--as", "engineer", "release", PACKET, "--reason", "validated against source"];
  const { exit, err } = await user.type(said);
  expect([exit, err.includes("row 2: the subject has withdrawn consent")]).toEqual([1, true]);
  await user.type([...said, "--collected-before-withdrawal"]);
  const stated = served.to("/trpc/packets.release").map(({ body }) => (JSON.parse(body) as { collectedBeforeWithdrawal?: boolean }).collectedBeforeWithdrawal);
  expect(stated).toEqual([undefined, true]);
});

test("an act whose outcome is unknown shows the key that repeats it", async () => {
  const served = await user.serve(() => "reset");
  const { exit, err } = await user.type(["--as", "engineer", "release", PACKET, "--reason", "validated against source"]);
  expect(exit).toBe(4);
  expect(err).toContain(`--idempotency-key ${served.to("/trpc/packets.release")[0]?.key}`);
});

test("a folder whose statement nobody signed is broken, which is 1 and not 2", async () => {
  mkdirSync(join(user.folder, "bundle"));
  writeFileSync(join(user.folder, "bundle", "statement.note"), "trust me\n");
  const { exit, out } = await user.type(["verify", "bundle", "--json"]);
  expect(exit).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ whole: false, reads: "broken" });
});

test("status and revoke of a folder where nothing runs end in 4", async () => {
  expect(await user.type(["status"])).toMatchObject({ exit: 4 });
  expect(await user.type(["revoke", "engineer"])).toMatchObject({ exit: 4 });
});

test("workloads lists each profile with its identity and the end of its certificate", async () => {
  await user.serve(() => ok({}));
  const { exit, out } = await user.type(["workloads", "--json"]);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toEqual({
    workloads: [{ profile: "engineer", workload: `spiffe://${user.trustDomain}/service/engineer`, notAfter: expect.stringMatching(/Z$/), revoked: false }],
  });
});

test("a revoked profile is listed as such, and a call as it ends in 3 without being sent", async () => {
  const served = await user.serve(() => ok({}));
  writeFileSync(join(user.home, "revoked.json"), JSON.stringify({ profiles: ["engineer"] }));
  expect(await user.type(["workloads"])).toMatchObject({ exit: 0, out: expect.stringMatching(/^engineer {2}revoked/) });
  expect(await user.type(["--as", "engineer", "call", "studies.list"])).toMatchObject({ exit: 3, err: expect.stringContaining("workload.revoked") });
  expect(served.arrived).toHaveLength(0);
});

test("doctor finds no deployment in an empty place, which is 2", async () => {
  user.home = join(user.folder, "nowhere");
  expect(await user.type(["doctor"])).toMatchObject({ exit: 2 });
});

test("a failure of no known kind ends in 1 and doesn't show its message", async () => {
  await user.serve(() => ok({ studies: [] }));
  const { exit, err } = await user.type(["--as", "engineer", "call", "studies.list"], {
    out: () => {
      throw new RangeError("ssn 123-45-6789");
    },
  });
  expect(exit).toBe(1);
  expect(err).toContain("RangeError");
  expect(err).not.toContain("123-45-6789");
});
