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
/** Which of two authorities issues, and which are trusted. */
let phase: "one" | "both" | "two" = "one";
const placed: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sallyport-desk-"));
  nowMs = Date.UTC(2031, 0, 1);
  issued = 0;
  isAway = false;
  phase = "one";
  placed.length = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A custodian that answers over a channel, in this process. */
const custodian = (): ReadyProcess => {
  const make = (): Authority => new Authority(createAuthority({ trustDomain: TRUST_DOMAIN, now: () => nowMs, years: 1 }), () => nowMs);
  const [one, two] = [make(), make()];
  const issuing = (): Authority => (phase === "two" ? two : one);
  const ca = (): string => ({ one: one.certPem, both: one.certPem + two.certPem, two: two.certPem + one.certPem })[phase];
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
      const { type, id, csr, spiffe, dns, x5t } = message as ChannelMessage & { id: number; csr: string; spiffe: string; dns: string[]; x5t: string };
      if (isAway) return reply({ type: "failed", id, code: "keys.unavailable" });
      if (type === "authorities") return reply({ type, id, ca: ca(), issuing: issuing().certPem });
      if (type === "placed") {
        placed.push(x5t);
        return reply({ type, id });
      }
      issued++;
      const { certPem, notAfterS } = issuing().issue({ csrPem: csr, spiffe, dns, lifetimeSeconds: HOUR_S });
      reply({ type: "issued", id, cert: certPem, ca: ca(), notAfterS });
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

it("gets the new trust and then the new certificate as the authority takes over, and says each time that it is in its place", async () => {
  const made = desk();
  await made.keep(identity());
  const [first] = placed;
  expect(placed).toEqual([expect.stringMatching(/^[A-Za-z0-9_-]{43}$/)]);
  await made.renewDue();
  expect([issued, placed.length]).toEqual([1, 1]);
  for (const [now, authorities] of [
    ["both", 2],
    ["two", 2],
  ] as const) {
    phase = now;
    await made.renewDue();
    await made.renewDue();
    expect(readIdentity(join(folder, "api")).caPem.match(/BEGIN/g)?.length).toBe(authorities);
  }
  expect([issued, placed.length, new Set(placed).size]).toEqual([3, 3, 3]);
  expect(placed).toContain(first);
  isAway = true;
  await made.renewDue();
  expect(issued).toBe(3);
});
