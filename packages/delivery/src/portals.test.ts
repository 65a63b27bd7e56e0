import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { cutLine, fingerprintOf, HttpsPortalServer, keyPair, noSshServer, OpenSshServer } from "@sallyport/portal-testkit";
import type { RouteSettings } from "@sallyport/outbox";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { httpsPortal, type Parcel, type Portal, sftpPortal } from "./index.ts";

const DEADLINE_MS = 20_000;
const PIECE = 64 * 1024;
const LENGTH = 3 * PIECE + 17;

let serial = 0;
/** A packet with what it was sealed as, and how often its first byte was about to go out. */
function parcelOf(over: Partial<Parcel> = {}): Parcel & { readonly begun: () => number; readonly content: Buffer } {
  const content = randomBytes(LENGTH);
  let begun = 0;
  serial += 1;
  return {
    idempotencyKey: `key-${String(serial).padStart(20, "0")}`,
    sha256: createHash("sha256").update(content).digest("hex"),
    length: LENGTH,
    attempt: 1,
    deadlineMs: DEADLINE_MS,
    begin: () => {
      begun += 1;
      return Promise.resolve();
    },
    async *bytes() {
      for (let at = 0; at < LENGTH; at += PIECE) yield content.subarray(at, at + PIECE);
    },
    begun: () => begun,
    content,
    ...over,
  };
}

const refused = (): Promise<void> => Promise.reject(new Error("fenced"));

describe("a portal over HTTPS", () => {
  let server: HttpsPortalServer;
  let portal: Portal;
  const settings = (over: Partial<RouteSettings & { kind: "https" }> = {}): RouteSettings & { kind: "https" } => ({
    kind: "https",
    name: "gateway",
    host: server.host,
    port: server.port,
    path: server.path,
    credential: "portal",
    ...over,
  });
  beforeAll(async () => {
    server = await HttpsPortalServer.start();
    portal = httpsPortal(settings(), { ...server.certificate(), ca: server.ca });
  });
  afterAll(async () => await server.down());
  beforeEach(() => void (server.manner = "taken"));

  test("takes the exact bytes once, and its receipt is matched and kept as it came", async () => {
    const parcel = parcelOf();
    const { said, receipt } = await portal.deliver(parcel);
    expect(said).toEqual({ kind: "received" });
    expect(JSON.parse(receipt?.toString() ?? "")).toMatchObject({ key: parcel.idempotencyKey, sha256: parcel.sha256, length: LENGTH });
    expect([server.held.get(parcel.idempotencyKey)?.sha256, parcel.begun()]).toEqual([parcel.sha256, 1]);
    // The same key again: the portal knows it, and no byte goes out.
    expect((await portal.deliver({ ...parcel, attempt: 2 })).said).toEqual({ kind: "received" });
    expect([server.arrivals.get(parcel.idempotencyKey), parcel.begun()]).toEqual([1, 1]);
  });

  test.each(["rejected", "pending"] as const)("says %s", async (manner) => {
    server.manner = manner;
    const parcel = parcelOf();
    expect((await portal.deliver(parcel)).said).toEqual({ kind: manner });
    expect((await portal.ask(parcel)).said).toEqual({ kind: manner });
  });

  test("that refuses before the first byte, leads elsewhere, is away, or doesn't know us, surely has nothing", async () => {
    for (const manner of ["refuses", "redirects"] as const) {
      server.manner = manner;
      const parcel = parcelOf();
      expect([manner, await portal.deliver(parcel), parcel.begun()]).toMatchObject([manner, { said: { kind: "unsent" } }, 0]);
    }
    server.manner = "taken";
    const stranger = httpsPortal(settings(), { ...(await HttpsPortalServer.start().then((other) => other.down().then(() => other.certificate()))), ca: server.ca });
    const parcel = parcelOf();
    expect([(await stranger.deliver(parcel)).said.kind, parcel.begun()]).toEqual(["unsent", 0]);
    await server.down();
    expect((await portal.deliver(parcel)).said).toEqual({ kind: "unsent", failure: "unreachable" });
    expect((await portal.ask(parcel)).said).toEqual({ kind: "unknown", failure: "unreachable" });
    expect(await portal.health()).toBe("unreachable");
    await server.up();
    expect((await portal.ask(parcel)).said).toEqual({ kind: "not-received" });
    expect(server.arrivals.get(parcel.idempotencyKey)).toBeUndefined();
  });

  test("whose certificate is another's, or is for another host, is told nothing", async () => {
    const other = await HttpsPortalServer.start();
    const posing = httpsPortal(settings({ port: other.port }), { ...server.certificate(), ca: server.ca });
    const named = httpsPortal(settings({ host: "127.0.0.1" }), { ...server.certificate(), ca: server.ca });
    const parcel = parcelOf();
    for (const each of [posing, named]) expect([(await each.deliver(parcel)).said, parcel.begun()]).toEqual([{ kind: "unsent", failure: "tls" }, 0]);
    await other.down();
  });

  test("that breaks off or says nothing leaves a doubt, which asking it ends", async () => {
    server.manner = "swallows";
    const swallowed = parcelOf();
    expect((await portal.deliver(swallowed)).said.kind).toBe("in-doubt");
    expect((await portal.ask(swallowed)).said).toEqual({ kind: "received" });
    server.manner = "breaks-off";
    const broken = parcelOf();
    expect((await portal.deliver(broken)).said.kind).toBe("in-doubt");
    expect((await portal.ask(broken)).said).toEqual({ kind: "not-received" });
  });

  test("that speaks of other bytes disagrees", async () => {
    server.manner = "other-bytes";
    const parcel = parcelOf();
    expect((await portal.deliver(parcel)).said).toEqual({ kind: "disagrees" });
    expect((await portal.ask(parcel)).said).toEqual({ kind: "disagrees" });
  });

  test("gets nothing from who may not begin, and never all of what isn't what was sealed", async () => {
    const fenced = parcelOf({ begin: refused });
    expect((await portal.deliver(fenced)).said.kind).toBe("unsent");
    const altered = parcelOf({ sha256: "ab".repeat(32) });
    expect((await portal.deliver(altered)).said.kind).toBe("in-doubt");
    for (const { idempotencyKey } of [fenced, altered])
      expect((await portal.ask({ idempotencyKey, sha256: "ab".repeat(32), length: LENGTH, attempt: 1 })).said).toEqual({ kind: "not-received" });
  });

  test("is healthy by its own word, and a page of another server's isn't a receipt", async () => {
    expect(await portal.health()).toBeNull();
    server.isWell = false;
    expect(await portal.health()).toBe("status.503");
    server.isWell = true;
    const plain = createServer((_, response) => response.writeHead(404).end("<html>not here</html>"));
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const wrong = httpsPortal(settings({ port: (plain.address() as AddressInfo).port }), { ...server.certificate(), ca: server.ca });
    expect((await wrong.ask(parcelOf())).said.kind).toBe("unknown");
    plain.close();
  });
});

describe.skipIf(noSshServer !== null)(`a portal over SFTP${noSshServer === null ? "" : ` (skipped: ${noSshServer})`}`, () => {
  let server: OpenSshServer;
  let portal: Portal;
  const settings = (over: Partial<RouteSettings & { kind: "sftp" }> = {}): RouteSettings & { kind: "sftp" } => ({
    kind: "sftp",
    name: "drop",
    host: "127.0.0.1",
    port: server.port,
    folder: server.folder,
    user: server.user,
    hostKey: server.fingerprint,
    credential: "ssh",
    ...over,
  });
  beforeAll(async () => {
    server = await OpenSshServer.start();
    portal = sftpPortal(settings(), Buffer.from(server.key));
  });
  afterAll(() => server.remove());
  const fileOf = (key: string, ending: string): string => join(server.folder, `${key}.${ending}`);
  const receiptOf = (parcel: Parcel, over: object = {}): string =>
    JSON.stringify({ v: 1, key: parcel.idempotencyKey, at: "2026-03-01T12:00:00Z", outcome: "received", sha256: parcel.sha256, length: LENGTH, receipt: "r-1", ...over });

  test("has the packet whole under its name, and nothing under another; its receipt is picked up as a file", async () => {
    const parcel = parcelOf();
    expect(await portal.deliver(parcel)).toEqual({ said: { kind: "sent" }, receipt: null });
    expect(readFileSync(fileOf(parcel.idempotencyKey, "age")).equals(parcel.content)).toBe(true);
    expect(readdirSync(server.folder).filter((name) => name.startsWith(parcel.idempotencyKey))).toHaveLength(1);
    expect((await portal.ask(parcel)).said).toEqual({ kind: "pending" });
    // The same again: it lies there, and no byte goes out.
    expect([(await portal.deliver({ ...parcel, attempt: 2 })).said, parcel.begun()]).toEqual([{ kind: "pending" }, 1]);
    writeFileSync(fileOf(parcel.idempotencyKey, "receipt.json"), receiptOf(parcel));
    const { said, receipt } = await portal.ask(parcel);
    expect([said, receipt?.toString()]).toEqual([{ kind: "received" }, receiptOf(parcel)]);
    writeFileSync(fileOf(parcel.idempotencyKey, "receipt.json"), receiptOf(parcel, { length: 1 }));
    expect((await portal.ask(parcel)).said).toEqual({ kind: "disagrees" });
  });

  test("with another host key, another user's key, no such folder, or away, surely has nothing", async () => {
    const parcel = parcelOf();
    const posing = sftpPortal(settings({ hostKey: fingerprintOf(keyPair().public) }), Buffer.from(server.key));
    expect((await posing.deliver(parcel)).said).toEqual({ kind: "unsent", failure: "sftp.host_key" });
    const stranger = sftpPortal(settings(), Buffer.from(keyPair().private));
    expect((await stranger.deliver(parcel)).said).toEqual({ kind: "unsent", failure: "sftp.login" });
    const elsewhere = sftpPortal(settings({ folder: `${server.folder}/none` }), Buffer.from(server.key));
    expect((await elsewhere.deliver(parcel)).said).toEqual({ kind: "unsent", failure: "sftp.refused" });
    expect([await portal.health(), await elsewhere.health()]).toEqual([null, "no_folder"]);
    server.down();
    expect((await portal.deliver(parcel)).said).toEqual({ kind: "unsent", failure: "sftp.unreachable" });
    await server.up();
    expect(parcel.begun()).toBe(0);
  });

  test("that broke off in the middle has nothing, once its temporary file was taken away; where that is gone too, nobody knows", async () => {
    const line = await cutLine(server.port, Number.MAX_SAFE_INTEGER);
    const cut = sftpPortal(settings({ port: line.port }), Buffer.from(server.key));
    const broken = parcelOf();
    const { said } = await cut.deliver({
      ...broken,
      async *bytes() {
        yield broken.content.subarray(0, PIECE);
        yield broken.content.subarray(PIECE, 2 * PIECE);
        line.close();
        yield broken.content.subarray(2 * PIECE);
      },
    });
    expect(said.kind).toBe("in-doubt");
    expect((await cut.ask(broken)).said).toEqual({ kind: "unknown", failure: "sftp.unreachable" });
    expect(existsSync(fileOf(broken.idempotencyKey, "1.part"))).toBe(true);
    expect((await portal.ask(broken)).said).toEqual({ kind: "not-received" });
    expect(readdirSync(server.folder).filter((name) => name.startsWith(broken.idempotencyKey))).toEqual([]);
    expect((await portal.ask(broken)).said).toEqual({ kind: "unknown", failure: "nothing_there" });
  });

  test("whose attempt was given up can't be renamed into place any more", async () => {
    const late = parcelOf();
    const { said } = await portal.deliver({
      ...late,
      async *bytes() {
        yield late.content;
        // Meanwhile somebody else asks, and is told that there is nothing.
        expect((await portal.ask(late)).said).toEqual({ kind: "not-received" });
      },
    });
    expect(said.kind).toBe("in-doubt");
    expect(existsSync(fileOf(late.idempotencyKey, "age"))).toBe(false);
  });

  test("that has taken the packet away without a receipt leaves a doubt", async () => {
    const parcel = parcelOf();
    await portal.deliver(parcel);
    renameSync(fileOf(parcel.idempotencyKey, "age"), fileOf(parcel.idempotencyKey, "taken"));
    expect((await portal.ask(parcel)).said).toEqual({ kind: "unknown", failure: "nothing_there" });
  });

  test("gets nothing from who may not begin, and never all of what isn't what was sealed", async () => {
    const fenced = parcelOf({ begin: refused });
    expect((await portal.deliver(fenced)).said.kind).toBe("unsent");
    const altered = parcelOf({ sha256: "ab".repeat(32) });
    expect((await portal.deliver(altered)).said.kind).toBe("in-doubt");
    for (const { idempotencyKey } of [fenced, altered]) expect(existsSync(fileOf(idempotencyKey, "age"))).toBe(false);
  });
});
