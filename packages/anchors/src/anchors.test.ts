import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { witnessKeyOf } from "@sallyport/audit";
import { sha256 } from "@sallyport/crypto";
import { seededBytes } from "@sallyport/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anchorsOf, folderAnchor, readPlan, readWrittenPlan, timestampAnchor } from "./index.ts";

const checkpoint = { chain: "site:STUDY/701", generation: 1, size: 5, note: "dabc.sallyport/site:STUDY/701/1\n5\nroot\n\n\u2014 dabc.sallyport sig\n" };
const start = { anchored: 0, prove: () => Promise.resolve([]) };
const refused = { code: "anchor.refused" };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-anchors-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("a write-once folder", () => {
  test("gets each checkpoint once, for nobody to write, and tells another history by what is there", async () => {
    const worm = join(folder, "worm");
    mkdirSync(worm);
    const anchor = folderAnchor(worm);
    const file = await anchor.hold(checkpoint, start);
    expect(file).toBe("site%3ASTUDY%2F701.1.5.checkpoint");
    expect(readFileSync(join(worm, file), "utf8")).toBe(checkpoint.note);
    expect(statSync(join(worm, file)).mode & 0o222).toBe(0);
    expect(await anchor.hold(checkpoint, start)).toBe(file);
    await expect(anchor.hold({ ...checkpoint, note: checkpoint.note.replace("root", "fork") }, start)).rejects.toMatchObject(refused);
    await expect(anchor.hold({ ...checkpoint, note: `${checkpoint.note}more\n` }, start)).rejects.toMatchObject({ code: "anchor.unavailable" });
    await expect(anchor.hold({ ...checkpoint, note: checkpoint.note.slice(0, -1) }, start)).rejects.toMatchObject(refused);
    await expect(folderAnchor(join(folder, "absent")).hold(checkpoint, start)).rejects.toMatchObject({ code: "anchor.unavailable" });
  });

  test.each([0, 1, 40])("a file of which only %i bytes were written is one that isn't finished, not another history", async (bytes) => {
    const worm = join(folder, `cut-${bytes}`);
    mkdirSync(worm);
    writeFileSync(join(worm, "site%3ASTUDY%2F701.1.5.checkpoint"), checkpoint.note.slice(0, bytes));
    await expect(folderAnchor(worm).hold(checkpoint, start)).rejects.toMatchObject({ code: "anchor.unavailable", context: { why: "unfinished" } });
    expect(await folderAnchor(worm).hold({ ...checkpoint, size: 6 }, start)).toBe("site%3ASTUDY%2F701.1.6.checkpoint");
  });
});

const openssl = (args: readonly string[], cwd = folder): Buffer => execFileSync("openssl", args, { cwd, stdio: ["ignore", "pipe", "ignore"] });
const hasOpenssl = ((): boolean => {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!hasOpenssl)("a time-stamping authority made with openssl (skipped: no openssl)", () => {
  let server: Server;
  let url: string;
  /** Whose certificate signs the next answer, and what becomes of the answer. */
  let signer = "tsa";
  let change: (answer: Buffer) => Buffer = (answer) => answer;
  const ca = (name: string): string => readFileSync(join(folder, `${name}.pem`), "utf8");

  const makeAuthority = (name: string): void => {
    openssl([
      "req",
      "-x509",
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-nodes",
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.pem`,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    ]);
  };
  const makeSigner = (name: string, issuer: string, usage: string): void => {
    openssl(["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`]);
    writeFileSync(join(folder, "extensions"), `extendedKeyUsage=critical,${usage}\nkeyUsage=critical,digitalSignature\n`);
    openssl([
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      `${issuer}.pem`,
      "-CAkey",
      `${issuer}.key`,
      "-CAcreateserial",
      "-days",
      "2",
      "-extfile",
      "extensions",
      "-out",
      `${name}.pem`,
    ]);
  };

  beforeAll(async () => {
    makeAuthority("ca");
    makeAuthority("other");
    makeSigner("tsa", "ca", "timeStamping");
    makeSigner("stranger", "other", "timeStamping");
    const members = ["serial = ./serial", "default_policy = 1.2.3.4.1", "digests = sha256", "signer_digest = sha256", "ess_cert_id_alg = sha256"];
    writeFileSync(join(folder, "tsa.cnf"), `[tsa]\ndefault_tsa = t\n[t]\n${members.join("\n")}\n`);
    writeFileSync(join(folder, "serial"), "01\n");
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        writeFileSync(join(folder, "query"), Buffer.concat(chunks));
        openssl(["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", `${signer}.pem`, "-inkey", `${signer}.key`, "-out", "reply"]);
        response.writeHead(200, { "content-type": "application/timestamp-reply" }).end(change(readFileSync(join(folder, "reply"))));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterAll(() => server.close());

  const hold = (trust = ca("ca")): Promise<string> => timestampAnchor({ url, ca: trust, deadlineMs: 5000 }).hold(checkpoint, start);

  test("gives a token over the note, which openssl verifies too", async () => {
    writeFileSync(join(folder, "token"), Buffer.from(await hold(), "base64"));
    writeFileSync(join(folder, "note"), checkpoint.note);
    openssl(["ts", "-verify", "-data", "note", "-in", "token", "-token_in", "-CAfile", "ca.pem", "-untrusted", "tsa.pem"]);
    writeFileSync(join(folder, "note"), `${checkpoint.note} `);
    expect(() => openssl(["ts", "-verify", "-data", "note", "-in", "token", "-token_in", "-CAfile", "ca.pem", "-untrusted", "tsa.pem"])).toThrow();
  });

  test("is refused where its certificate is another authority's, or there is nobody to trust", async () => {
    await expect(hold(ca("other"))).rejects.toMatchObject(refused);
    await expect(hold("")).rejects.toMatchObject(refused);
    signer = "stranger";
    await expect(hold()).rejects.toMatchObject(refused);
    signer = "tsa";
  });

  test("is refused where its answer is an earlier one, or was changed", async () => {
    let earlier: Buffer | null = null;
    change = (answer) => (earlier ??= answer);
    await hold();
    await expect(hold()).rejects.toMatchObject(refused);
    const digest = sha256(Buffer.from(checkpoint.note, "utf8"));
    const places: readonly ((answer: Buffer) => number)[] = [(answer) => answer.indexOf(digest) + 7, (answer) => answer.length - 1, (answer) => answer.indexOf(digest) + 40];
    for (const placeIn of places) {
      change = (answer) => {
        const changed = Buffer.from(answer);
        const at = placeIn(answer);
        changed.writeUInt8(changed.readUInt8(at) ^ 0x01, at);
        return changed;
      };
      await expect(hold()).rejects.toMatchObject(refused);
    }
    change = (answer) => answer;
  });
});

describe("a plan", () => {
  const key = witnessKeyOf("w.example/1", seededBytes("plan")(32));
  const read = (path: string): string => {
    if (path === "/ca.pem") return "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n";
    if (path === "/empty") return "";
    throw new Error("ENOENT");
  };
  const whole = { mode: "required", witnesses: [{ url: "https://w.example/", key }], timestamp: { url: "https://tsa.example", caFile: "/ca.pem" }, folder: "/worm" };
  const codeOf = (value: unknown): unknown => {
    try {
      return readWrittenPlan(typeof value === "string" ? value : JSON.stringify(value), read);
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  };

  test("names anchors, with the certificates in it, and is handed over as it was read", () => {
    const plan = readWrittenPlan(JSON.stringify(whole), read);
    expect(plan).toMatchObject({ mode: "required", unanchoredSecondsMax: 300, folder: "/worm" });
    expect(readPlan(JSON.stringify(plan))).toEqual(plan);
    expect(anchorsOf(plan).map(({ kind, name }) => `${kind} ${name}`)).toEqual(["witness w.example/1", "timestamp tsa.example", "folder worm"]);
  });

  test.each([
    ["that is not JSON", "{"],
    ["without an anchor", { mode: "required" }],
    ["without a mode", { ...whole, mode: undefined }],
    ["of another mode", { ...whole, mode: "off" }],
    ["with a witness without TLS elsewhere", { ...whole, witnesses: [{ url: "http://w.example/", key }] }],
    ["with a key of another type", { ...whole, witnesses: [{ url: "https://w.example/", key: "x+00+AA" }] }],
    ["with a witness twice", { ...whole, witnesses: [...whole.witnesses, ...whole.witnesses] }],
    ["with a member that there isn't", { ...whole, witness: [] }],
    ["with a folder that isn't absolute", { ...whole, folder: "worm" }],
    ["with a certificate file that isn't there", { ...whole, timestamp: { url: "https://tsa.example", caFile: "/absent" } }],
    ["with a certificate file without one", { ...whole, timestamp: { url: "https://tsa.example", caFile: "/empty" } }],
    ["with a limit that is none", { ...whole, unanchoredSecondsMax: 5 }],
  ])("%s is refused", (_, value) => {
    expect(codeOf(value)).toBe("setting.invalid");
  });
});
