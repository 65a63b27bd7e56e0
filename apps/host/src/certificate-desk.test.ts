import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Authority, createAuthority, readIdentity } from "@sallyport/pki";
import { CertificateDesk } from "./certificate-desk.ts";
import type { ChannelMessage, ReadyProcess } from "./child-process.ts";

const TRUST_DOMAIN = "dtestdesk0001.sallyport";
const SPIFFE = `spiffe://${TRUST_DOMAIN}/zone/application/api`;
const HOUR_S = 3600;
let folder = "";
let nowMs = 0;
let issued = 0;
let isAway = false;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-desk-"));
  nowMs = Date.UTC(2031, 0, 1);
  issued = 0;
  isAway = false;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A custodian that answers over a channel, in this process. */
const custodian = (): ReadyProcess => {
  const authority = new Authority(createAuthority({ trustDomain: TRUST_DOMAIN, now: () => nowMs, years: 1 }), () => nowMs);
  const listeners: ((message: ChannelMessage) => void)[] = [];
  const reply = (message: ChannelMessage): void => queueMicrotask(() => listeners.forEach((listener) => listener(message)));
  return {
    pid: 2,
    ended: new Promise(() => undefined),
    hello: {},
    stop: () => Promise.resolve(),
    kill: () => undefined,
    onMessage: (listener) => listeners.push(listener),
    send: (message) => {
      const { id, csr, spiffe, dns } = message as ChannelMessage & { id: number; csr: string; spiffe: string; dns: string[] };
      if (isAway) return reply({ type: "failed", id, code: "keys.unavailable" });
      issued++;
      const { certPem, notAfterS } = authority.issue({ csrPem: csr, spiffe, dns, lifetimeSeconds: HOUR_S });
      reply({ type: "issued", id, cert: certPem, ca: authority.certPem, notAfterS });
    },
  };
};

const desk = (reports: string[] = []): CertificateDesk => {
  const peer = custodian();
  const made = new CertificateDesk(
    () => peer,
    () => nowMs,
    (line) => reports.push(line),
  );
  made.attach(peer);
  return made;
};
const identity = () => ({ name: "api", spiffe: SPIFFE, dns: ["localhost"], folder: join(folder, "api") });

it("issues an identity where there is none, and leaves one alone that is in the first two thirds of its life", async () => {
  const made = desk();
  await made.keep(identity());
  const first = readIdentity(join(folder, "api"));
  nowMs += (HOUR_S * 1000 * 2) / 3 - 120_000;
  await made.renewDue();
  expect(issued).toBe(1);
  expect(readIdentity(join(folder, "api"))).toEqual(first);
});

it("renews at two thirds, with a new key", async () => {
  const made = desk();
  await made.keep(identity());
  const first = readIdentity(join(folder, "api"));
  nowMs += (HOUR_S * 1000 * 2) / 3 + 1000;
  await made.renewDue();
  const second = readIdentity(join(folder, "api"));
  expect(second.certPem).not.toBe(first.certPem);
  expect(second.keyPem).not.toBe(first.keyPem);
});

it("enrols again after a sleep that was longer than the certificate's life", async () => {
  const made = desk();
  await made.keep(identity());
  nowMs += HOUR_S * 1000 * 100;
  await made.renewDue();
  expect(issued).toBe(2);
  expect(made.expiries()[0]?.notAfterMs).toBeGreaterThan(nowMs);
});

it("tries again while the custodian is away, says so once, and keeps the identity that still holds", async () => {
  const reports: string[] = [];
  const made = desk(reports);
  await made.keep(identity());
  const first = readIdentity(join(folder, "api"));
  nowMs += (HOUR_S * 1000 * 2) / 3 + 1000;
  isAway = true;
  await made.renewDue();
  await made.renewDue();
  expect(reports).toEqual(["the certificate of api could not be renewed (keys.unavailable); trying again"]);
  expect(readIdentity(join(folder, "api"))).toEqual(first);
  isAway = false;
  await made.renewDue();
  expect(readIdentity(join(folder, "api"))).not.toEqual(first);
});

it("does not use a certificate of another deployment", async () => {
  await desk().keep(identity());
  const other = new CertificateDesk(
    () => null,
    () => nowMs,
    () => undefined,
  );
  await expect(other.keep({ ...identity(), spiffe: "spiffe://dother0000001.sallyport/zone/application/api" })).rejects.toMatchObject({ code: "keys.unavailable" });
});
