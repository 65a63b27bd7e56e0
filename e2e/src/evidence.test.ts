import { spawnSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { cosignedAt, verifyBundle, witnessKeyOf } from "@sallyport/audit";
import { directoryReader } from "@sallyport/audit/bundle-folder";
import { freePort } from "@sallyport/embedded-postgres";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHANGES, recompute, recomputeNotes } from "./support/forgery.ts";
import { inventedDemographics, PILOT } from "./support/pilot-study.ts";
import { Product } from "./support/product.ts";
import { type Ended, type Program, ROOT, run } from "./support/program.ts";

const CHAIN = `site:${PILOT}/701`;
const PYTHON = join(ROOT, "packages/audit/test-python/verify_chain.py");

interface Exported {
  readonly records: number;
  readonly generations: number;
  readonly fingerprint: string;
  readonly whole: boolean;
}
interface Verdict {
  readonly whole: boolean;
  readonly pinned: boolean;
  readonly breaks: readonly { readonly generation: number; readonly seq: number; readonly kind: string }[];
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;
const LONG = process.env["SALLYPORT_TEST_LONG"] !== undefined;
let product: Product;
let exported: Exported;
let witness: Program;
let witnessKey: string;
let receiver: Server;
const told: string[] = [];
let alerted: { readonly alertId: string; readonly told: boolean };
let released: { readonly evidence: readonly { readonly chain: string; readonly size: number; readonly anchors: readonly string[] }[] };
const WITNESS = "witness.example/w1";
const bundle = (name: string): string => join(product.folder, name);

/** The verifier as somebody far away runs it: nothing but a PATH in its environment, and no deployment anywhere. */
const verify = async (folder: string, ...args: readonly string[]): Promise<Ended> =>
  await run(process.execPath, [join(ROOT, "apps/cli/dist/main.js"), "verify", folder, ...args], { cwd: product.folder });

const verdictOf = ({ stdout }: Ended): Verdict => JSON.parse(stdout) as Verdict;

/** A witness as somebody else runs it, for this deployment; answers its verifier key. */
async function startWitness(): Promise<string> {
  const { health } = await product.json<{ health: { checkpoint: { vkey: string } } }>(["status"]);
  const args = ["--home", bundle("witness"), "--name", WITNESS, "--log", health.checkpoint.vkey, "--port", String(await freePort()), "--json"];
  // It knows nothing of the deployment but its key: with the deployment's home in its environment it would pass for one of its processes.
  witness = product.begin(["witness", ...args], { env: {} });
  const [said] = await witness.says(/^\{.*\}$/m, 20_000);
  const { port, key } = JSON.parse(said) as { port: number; key: string };
  mkdirSync(bundle("worm"), { mode: 0o777 });
  chmodSync(bundle("worm"), 0o777);
  writeFileSync(bundle("anchors.json"), JSON.stringify({ mode: "required", witnesses: [{ url: `http://localhost:${port}`, key }], folder: bundle("worm") }));
  return key;
}

/** Somebody's receiver of alerts: it takes what is signed with the secret in its file, and nothing else. */
async function startReceiver(): Promise<void> {
  const key = Buffer.from(Array.from({ length: 32 }, (_, at) => at * 5));
  receiver = createServer((request, response) => {
    const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = request.headers;
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.once("end", () => {
      const isOurs =
        signature ===
        `v1,${createHmac("sha256", key)
          .update(`${String(id)}.${String(at)}.${body}`)
          .digest("base64")}`;
      if (isOurs) told.push(String(id));
      response.writeHead(isOurs ? 204 : 401).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  writeFileSync(bundle("soc.whsec"), `whsec_${key.toString("base64")}\n`, { mode: 0o600 });
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  writeFileSync(bundle("alerts.json"), JSON.stringify({ webhooks: [{ name: "soc", url, secretFiles: [bundle("soc.whsec")] }] }));
}

beforeAll(async () => {
  // A home of its own: records of one that was founded a while ago would be anchored too late for the first act.
  product = await Product.start();
  witnessKey = await startWitness();
  await product.stop();
  await startReceiver();
  await product.start({ SALLYPORT_ANCHORS_FILE: bundle("anchors.json"), SALLYPORT_ALERTS_FILE: bundle("alerts.json") });
  alerted = await product.json(["--as", "auditor", "alerts", "test"]);
  const [ingest, steward, reviewer] = [product.connect("ingest"), product.connect("steward"), product.connect("reviewer")];
  const { packetId } = await ingest.api.packets.upload.mutate({ study: PILOT, content: inventedDemographics(2) });
  released = await steward.api.packets.release.mutate({ packetId, reason: "validated against source documents" });
  // While nothing follows, the newest checkpoint of this chain is the one that the release waited for.
  await product.json(["--as", "auditor", "prove", "--chain", CHAIN, "--seq", "1", "--out", bundle("released.tlog-proof")]);
  const { items } = await reviewer.api.subjects.list.query({ study: PILOT, site: "701" });
  for (const { subjectId } of items) {
    await reviewer.api.subjects.get.query({ subjectId });
    await reviewer.api.subjects.reveal.mutate({ subjectId, field: "DM.SEX", purpose: "monitoring", reason: "source data verification" });
  }
  await Promise.all([ingest.close(), steward.close(), reviewer.close()]);
  exported = await product.json<Exported>(["--as", "auditor", "export", "--chain", CHAIN, "--out", bundle("site")]);
  await product.json(["--as", "auditor", "export", "--chain", "system", "--out", bundle("system")]);
  await product.json(["--as", "auditor", "prove", "--chain", CHAIN, "--seq", "2", "--out", bundle("two.tlog-proof")]);
  await product.json(["--as", "auditor", "excerpt", "--study", PILOT, "--action", "phi.read", "--out", bundle("reveals.excerpt.jsonl")]);
  await product.stop();
}, 300_000);
afterAll(async () => {
  witness.child.kill("SIGTERM");
  await witness.ended;
  receiver.close();
  await product.remove();
}, 120_000);

describe("anchors that acts wait for", () => {
  test("have each chain of a release before it is answered", () => {
    expect(released.evidence.map(({ chain }) => chain)).toEqual(expect.arrayContaining([CHAIN, "system"]));
    for (const { chain, size, anchors } of released.evidence) {
      expect(anchors).toEqual([WITNESS, "worm"]);
      expect(readFileSync(join(bundle("worm"), `${encodeURIComponent(chain)}.1.${size}.checkpoint`), "utf8")).toContain(`\n${size}\n`);
    }
  });

  test("stand in a record's proof, where anybody can verify them", () => {
    const proof = readFileSync(bundle("released.tlog-proof"), "utf8");
    const note = proof.slice(proof.indexOf("\n\n") + 2);
    const [text, signatures] = note.split("\n\n");
    expect(cosignedAt(`${text}\n`, signatures ?? "", witnessKey)).toBeGreaterThan(1_700_000_000);
  });
});

test("a test alert reaches the receiver that the settings name, signed by its secret", () => {
  expect(alerted.told).toBe(true);
  expect(told).toContain(alerted.alertId);
});

describe("an export, with everything stopped and no secret at hand", () => {
  test("verifies under the fingerprint that the deployment named", async () => {
    expect(exported.whole).toBe(true);
    expect(exported.records).toBeGreaterThanOrEqual(5);
    const ended = await verify(bundle("site"), "--key", exported.fingerprint, "--json");
    expect(ended.code).toBe(0);
    expect(verdictOf(ended)).toMatchObject({ whole: true, pinned: true, breaks: [] });
  });

  test("shows what the witness saw of it by the witness's own key, and is broken by another's", async () => {
    const ended = await verify(bundle("site"), "--key", exported.fingerprint, "--witness", witnessKey, "--json");
    expect([ended.code, verdictOf(ended)]).toMatchObject([0, { whole: true, witnessed: { name: WITNESS, generation: 1, size: exported.records } }]);
    const other = witnessKeyOf("witness.example/w2", Buffer.from(witnessKey.split("+").slice(2).join("+"), "base64").subarray(1));
    expect((await verify(bundle("site"), "--key", exported.fingerprint, "--witness", other)).code).toBe(1);
  });

  test("is tampered with on copies, and every attempt is found", async () => {
    const ended = await run(process.execPath, [join(ROOT, "apps/cli/dist/main.js"), "drill", bundle("site"), "--key", exported.fingerprint, "--json"], { cwd: product.folder });
    expect([ended.code, JSON.parse(ended.stdout)]).toEqual([0, expect.objectContaining({ drilled: true, notFound: 0 })]);
  });

  test("says that its key is not pinned where none was given", async () => {
    const ended = await verify(bundle("site"));
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("self-consistent, key not pinned");
  });

  test("is refused under another key", async () => {
    const ended = await verify(bundle("site"), "--key", `sha256:${"0".repeat(64)}`, "--json");
    expect(ended.code).toBe(1);
    expect(verdictOf(ended).breaks[0]).toMatchObject({ kind: "foreign" });
  });

  test("is joined by one record's proof, which verifies by itself and no longer does once a word of it is another", async () => {
    const proven = await verify(bundle("two.tlog-proof"), "--key", exported.fingerprint, "--json");
    expect([proven.code, JSON.parse(proven.stdout)]).toEqual([
      0,
      expect.objectContaining({ whole: true, pinned: true, record: expect.objectContaining({ chain: CHAIN, seq: 2 }) as unknown }),
    ]);
    const text = readFileSync(bundle("two.tlog-proof"), "utf8");
    const extra = /extra (\S+)/.exec(text)?.[1] ?? "";
    const changed = Buffer.from(extra, "base64")
      .toString("utf8")
      .replace(/decision\\":\\"[a-z]+/, String.raw`decision\":\"allowed`);
    writeFileSync(bundle("changed.tlog-proof"), text.replace(extra, Buffer.from(changed, "utf8").toString("base64")));
    expect((await verify(bundle("changed.tlog-proof"), "--key", exported.fingerprint)).code).toBe(1);
    expect((await verify(bundle("two.tlog-proof"), "--key", `sha256:${"0".repeat(64)}`)).code).toBe(1);
  });

  test("is joined by an excerpt of what was asked for, which verifies by itself, and no longer does with a record less", async () => {
    const file = bundle("reveals.excerpt.jsonl");
    const ended = await verify(file, "--key", exported.fingerprint, "--json");
    expect([ended.code, verdictOf(ended)]).toEqual([0, expect.objectContaining({ whole: true, pinned: true })]);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    const records = lines.filter((line) => line.startsWith('{"line":'));
    expect(records.length).toBeGreaterThanOrEqual(2);
    expect(records.every((line) => line.includes('\\"action\\":\\"phi.read\\"'))).toBe(true);
    writeFileSync(
      bundle("less.excerpt.jsonl"),
      lines
        .filter((line) => line !== records[0])
        .map((line) => `${line}\n`)
        .join(""),
    );
    expect((await verify(bundle("less.excerpt.jsonl"), "--key", exported.fingerprint)).code).toBe(1);
    for (const name of ["reveals.html", "reveals.pdf"]) {
      const made = await run(
        process.execPath,
        [join(ROOT, "apps/cli/dist/main.js"), "report", file, "--out", bundle(name), "--key", exported.fingerprint, "--zone", "Europe/Warsaw"],
        { cwd: product.folder },
      );
      expect(made.code).toBe(0);
      expect(readFileSync(bundle(name), "latin1")).toContain(createHash("sha256").update(readFileSync(file)).digest("hex"));
    }
  });

  test("is no bundle where the folder is empty", async () => {
    mkdirSync(bundle("empty"));
    expect((await verify(bundle("empty"), "--key", exported.fingerprint)).code).toBe(2);
    expect((await verify(bundle("absent"), "--key", exported.fingerprint)).code).toBe(2);
  });

  describe.each([
    ["as it stands", false],
    ["with every leaf, root and digest that needs no private key computed anew", true],
  ])("changed, %s", (_, isRecomputed) => {
    // The command starts anew for each: every one in the long run, every second one otherwise, of the others those that this one leaves out.
    test.each(CHANGES.filter((_change, index) => LONG || index % 2 === (isRecomputed ? 0 : 1)))(
      "$name: the first bad record is named, and the kind",
      async ({ name, change, expected }) => {
        const folder = bundle(`${name.replaceAll(/[^a-z]+/g, "-")}-${String(isRecomputed)}`);
        cpSync(bundle("site"), folder, { recursive: true });
        const file = join(folder, "generation-1.jsonl");
        const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
        const changed = change(lines);
        writeFileSync(file, changed.map((line) => `${line}\n`).join(""));
        if (isRecomputed) recompute(folder, changed);
        const { seq, kind } = expected(lines.length);
        const ended = await verify(folder, "--key", exported.fingerprint);
        expect(ended.code).toBe(1);
        const [first] = /^ {2}\S.*$/m.exec(ended.stdout) ?? [];
        expect(first).toMatch(new RegExp(`^  ${kind} at generation 1, seq ${seq}: `));
      },
    );
  });

  test.each(CHANGES)("$name, with the roots in the signed notes made to fit too: what was signed no longer is", async ({ name, change }) => {
    const folder = bundle(`${name.replaceAll(/[^a-z]+/g, "-")}-notes`);
    cpSync(bundle("site"), folder, { recursive: true });
    const file = join(folder, "generation-1.jsonl");
    const changed = change(readFileSync(file, "utf8").split("\n").slice(0, -1));
    writeFileSync(file, changed.map((line) => `${line}\n`).join(""));
    recomputeNotes(folder, changed);
    const { whole, breaks } = await verifyBundle(directoryReader(folder), { fingerprint: exported.fingerprint });
    expect(whole).toBe(false);
    expect(breaks[0]).toMatchObject({ kind: "altered" });
  });

  test.each([
    ["as it is", false],
    ["with every digest and leaf that needs no key computed anew", true],
  ])(
    "any byte of any record changed is found at its record, %s",
    async (_, isRecomputed) => {
      const folder = bundle(`bytes-${String(isRecomputed)}`);
      cpSync(bundle("site"), folder, { recursive: true });
      const file = join(folder, "generation-1.jsonl");
      const bytes = readFileSync(file);
      let seq = 1;
      for (const [at, byte] of bytes.entries()) {
        // Each byte in the long run, each 97th otherwise, and those around each line's end.
        const isLineEnd = byte === 0x0a || bytes[at - 1] === 0x0a || bytes[at + 1] === 0x0a;
        if (LONG || at % 97 === (isRecomputed ? 48 : 0) || (isLineEnd && !isRecomputed)) {
          const changed = Buffer.from(bytes);
          changed.writeUInt8(byte ^ (1 << (at % 8)), at);
          writeFileSync(file, changed);
          // Lines that are none of UTF-8, or one line made two, can't be written anew as lines.
          if (isRecomputed) recompute(folder, changed.toString("latin1").split("\n").slice(0, -1));
          const { whole, breaks } = await verifyBundle(directoryReader(folder), { fingerprint: exported.fingerprint });
          expect(whole).toBe(false);
          expect(breaks[0], `byte ${at}`).toMatchObject({ generation: 1, seq });
          // A line's end that is changed joins or parts records; any other byte alters the one that it is in.
          if (byte !== 0x0a && changed[at] !== 0x0a) expect([at, breaks[0]?.kind]).toEqual([at, "altered"]);
        }
        if (byte === 0x0a) seq += 1;
      }
    },
    300_000,
  );
});

describe("the audit keys, escrowed by the operator", () => {
  let keys: Readonly<Record<string, string>>;

  test("come out with everything stopped, for their owner alone, and only once into one file", async () => {
    const out = bundle("audit-keys.json");
    const args = ["custodian", "escrow", "--ring", "audit", "--out", out];
    expect((await product.cli(args)).code).toBe(0);
    expect((await run("stat", ["-c", "%a", out])).stdout.trim()).toBe("600");
    expect((await product.cli(args)).code).toBe(2);
    keys = JSON.parse(readFileSync(out, "utf8")) as Record<string, string>;
    for (const key of Object.values(keys)) expect(Buffer.from(key, "base64")).toHaveLength(32);
  });

  test.skipIf(!hasPython)(
    `verify each generation's JSONL by the seed's algorithm, written again in Python, and a wrong key does not${hasPython ? "" : " (skipped: no python3)"}`,
    async () => {
      for (const name of ["site", "system"]) {
        const [, statement = ""] = readFileSync(join(bundle(name), "statement.note"), "utf8").split("\n");
        const { deployment, chain, generations } = JSON.parse(statement) as { deployment: string; chain: string; generations: { generation: number; auditKey: string }[] };
        expect(readdirSync(bundle(name)).filter((file) => file.endsWith(".jsonl"))).toHaveLength(generations.length);
        for (const { generation, auditKey } of generations) {
          const file = join(bundle(name), `generation-${generation}.jsonl`);
          const check = async (key: Buffer): Promise<string> => (await run("python3", [PYTHON, key.toString("hex"), deployment, chain, String(generation), file])).stdout.trim();
          expect(await check(Buffer.from(keys[auditKey] ?? "", "base64"))).toBe("seed 0 strict 0");
          expect(await check(Buffer.alloc(32, 1))).toBe("seed 1 strict 1");
        }
      }
    },
  );

  test("leave a record in the trail at the next start", async () => {
    await product.start();
    const system = bundle("system-after");
    await product.json(["--as", "auditor", "export", "--chain", "system", "--out", system]);
    await product.stop();
    const records = readFileSync(join(system, "generation-1.jsonl"), "utf8");
    const escrowed = records.split("\n").filter((line) => line.includes('"action":"keys.escrowed"'));
    expect(escrowed).toHaveLength(1);
    for (const id of Object.keys(keys)) expect(escrowed[0]).toContain(id);
    expect(Object.values(keys).filter((key) => records.includes(key))).toEqual([]);
  }, 240_000);
});
