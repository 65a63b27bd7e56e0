import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { RingView, RotateRequest } from "@sallyport/custody";
import { fileRootKey, SealedStore } from "@sallyport/custody/journal";
import { type RingRules, strictRingRules } from "@sallyport/custody/keys";
import { codeOf } from "@sallyport/errors";
import { authorityIds, createRequest, isIssuedBy, readRevocationLists, renewalProof } from "@sallyport/pki";
import { faultTest } from "@sallyport/testkit";
import { processId } from "@sallyport/zones";
import { expect, test } from "vitest";
import { crashes, untold } from "../test/crashes.ts";
import { enrol, newHome, type Running, start } from "../test/running.ts";
import type { Kinds } from "./store.ts";

type Step = Extract<RotateRequest, { readonly kind: "step" }>["step"];
type Enrolled = Awaited<ReturnType<typeof enrol>>;

async function ring({ client }: Running): Promise<RingView> {
  const { rings } = await client.rotate({ kind: "rings" }, 2000);
  return rings.find((each) => each.ring === "ca") as RingView;
}
/** Takes a step from where the ring is; answers its authorities' states, or the failure's code. */
async function turn(running: Running, step: Step): Promise<string> {
  const { at } = await ring(running);
  return running.client
    .rotate({ kind: "step", ring: "ca", step, at, statement: null }, 2000)
    .then(({ ring: { keys } }) => keys.map(({ id, state }) => `${id} ${state}`).join(", "), codeOf);
}
const key = async (running: Running, id: string): Promise<RingView["keys"][number] | undefined> => (await ring(running)).keys.find((each) => each.id === id);
/** Has it used, as a token's minting does. */
const use = ({ custodian }: Running, { spiffe, x5t }: Pick<Enrolled, "spiffe" | "x5t">): boolean => custodian.certificates.isInForce(spiffe, x5t);

test("an authority takes over in phases: trusted by everybody first, then issuing, and the one before is dropped once nobody depends on it", async () => {
  const running = await start();
  const { client, clock, custodian } = running;
  const first = await enrol(running, "/service/reviewer");
  const sleeper = await enrol(running, "/service/sleeper");
  expect(use(running, first)).toBe(true);

  expect(await turn(running, "add")).toBe("ca-1 active, ca-2 next");
  const { ca, crl } = await client.status({}, 2000);
  const [one = "", two = ""] = authorityIds(ca);
  expect(authorityIds(custodian.certificates.issuingPem)).toEqual([one]);
  expect(readRevocationLists(crl, ca).pems.length).toBe(2);
  // Nobody has shown yet that they trust it.
  clock.advance(60_000);
  expect((await key(running, "ca-2"))?.lacking).toEqual(["service/reviewer", "service/sleeper"]);
  expect(await turn(running, "activate")).toBe("keys.unheld");

  // A renewal brings the new trust; it counts once the certificate that came with it was used.
  const renewed = await enrol(running, "/service/reviewer");
  expect(authorityIds(renewed.caPem)).toEqual([one, two]);
  expect((await key(running, "ca-2"))?.lacking).toContain("service/reviewer");
  use(running, renewed);
  expect((await key(running, "ca-2"))?.lacking).toEqual(["service/sleeper"]);
  // Of one that sleeps, the certificate ends by itself: it keeps nobody waiting, and enrols anew.
  clock.advance(86_400_000);
  const again = await enrol(running, "/service/reviewer");
  use(running, again);
  expect(await turn(running, "activate")).toBe("ca-1 retiring, ca-2 active");

  expect(isIssuedBy(again.certPem, (await client.status({}, 2000)).ca)).toBe(true);
  const second = await enrol(running, "/service/reviewer");
  expect(authorityIds(second.caPem)).toEqual([two, one]);
  expect(isIssuedBy(second.certPem, custodian.certificates.issuingPem)).toBe(true);
  expect((await key(running, "ca-1"))?.holders).toEqual(["service/reviewer"]);
  expect(await turn(running, "retire")).toBe("keys.early");
  clock.advance(900_000);
  expect(await turn(running, "retire")).toBe("keys.in_use");
  use(running, second);
  expect(use(running, again)).toBe(true);
  expect(await turn(running, "retire")).toBe("ca-1 retired, ca-2 active");

  // What the dropped authority issued counts for nothing from here on.
  expect([use(running, again), use(running, second)]).toEqual([false, true]);
  const after = await client.status({}, 2000);
  expect(authorityIds(after.ca)).toEqual([two]);
  expect(readRevocationLists(after.crl, after.ca).pems.length).toBe(1);
  expect((await key(running, "ca-1"))?.holders).toEqual(["service/reviewer"]);
  use(running, await enrol(running, "/service/reviewer"));
  expect((await key(running, "ca-1"))?.holders).toEqual([]);
  // And a dropped authority comes back by no step.
  for (const step of ["revert", "reopen"] as const) expect(await turn(running, step)).toBe("keys.step");
  const { events } = await client.status({}, 2000);
  expect(events.filter(({ action, resource }) => action === "keys.rotated" && resource === "ring/ca").map(({ detail }) => detail.split(";")[0])).toEqual([
    "step=add",
    "step=activate",
    "step=retire",
  ]);
  expect(use(running, sleeper)).toBe(false);
});

test("until the one before is dropped there is a way back, and a next one that wasn't used is taken back", async () => {
  const running = await start();
  expect(await turn(running, "add")).toBe("ca-1 active, ca-2 next");
  expect(await turn(running, "drop")).toBe("ca-1 active, ca-2 destroyed");
  expect(authorityIds((await running.client.status({}, 2000)).ca).length).toBe(1);
  await turn(running, "add");
  running.clock.advance(60_000);
  expect(await turn(running, "activate")).toBe("ca-1 retiring, ca-2 destroyed, ca-3 active");
  const under = await enrol(running, "/service/reviewer");
  use(running, under);
  expect(await turn(running, "revert")).toBe("ca-1 active, ca-2 destroyed, ca-3 retiring");
  expect(use(running, under)).toBe(true);
  expect((await key(running, "ca-3"))?.holders).toEqual(["service/reviewer"]);
  running.clock.advance(900_000);
  expect(await turn(running, "retire")).toBe("keys.in_use");
  const back = await enrol(running, "/service/reviewer");
  use(running, back);
  expect(await turn(running, "retire")).toBe("ca-1 active, ca-2 destroyed, ca-3 retired");
  expect([use(running, under), use(running, back)]).toEqual([false, true]);
});

test("each authority's list has its own certificates, and one that is revoked is on the list of who issued it", async () => {
  const running = await start();
  const one = await enrol(running, "/service/one");
  await turn(running, "add");
  running.clock.advance(60_000);
  use(running, await enrol(running, "/service/one"));
  expect(await turn(running, "activate")).toBe("ca-1 retiring, ca-2 active");
  const two = await enrol(running, "/service/two");
  for (const { spiffe } of [one, two]) await running.custodian.certificates.revoke(spiffe);
  const { ca, crl } = await running.client.status({}, 2000);
  const serial = ({ certPem }: Enrolled): string => new X509Certificate(certPem).serialNumber.toLowerCase().padStart(32, "0");
  const { serials, pems } = readRevocationLists(crl, ca);
  expect([...serials]).toEqual(expect.arrayContaining([serial(one), serial(two)]));
  expect(pems.length).toBe(2);
  // One list of two is none: who the other revoked couldn't be told.
  expect(() => readRevocationLists(pems[0] ?? "", ca)).toThrow();
  expect(() => readRevocationLists(`${pems[0]}${pems[0]}`, ca)).toThrow();
});

test("a service that enrolled elsewhere gets the new trust with its renewal, and is renewed across the change", async () => {
  const running = await start();
  let present = await enrol(running, "/service/site-sync");
  const renew = async (): Promise<void> => {
    const { csrPem, keyPem } = createRequest();
    const issued = await running.client.issue({ kind: "renewal", csr: csrPem, certificate: present.certPem, proof: renewalProof(present.keyPem, present.spiffe, csrPem) }, 2000);
    present = { ...present, certPem: issued.cert, keyPem, caPem: issued.ca, x5t: new X509Certificate(issued.cert).fingerprint256 };
  };
  await turn(running, "add");
  await renew();
  expect(authorityIds(present.caPem).length).toBe(2);
  running.clock.advance(60_000);
  expect(await turn(running, "activate")).toBe("keys.unheld");
  // It asks by the certificate that it has: that shows it.
  await renew();
  running.custodian.certificates.shown((await shownBy(running)) ?? "");
  expect(await turn(running, "activate")).toBe("ca-1 retiring, ca-2 active");
  await renew();
  expect(isIssuedBy(present.certPem, running.custodian.certificates.issuingPem)).toBe(true);
});
/** The latest certificate of the store. */
const shownBy = ({ custodian }: Running): Promise<string | undefined> => Promise.resolve([...custodian.store.all("certificate").keys()].at(-1));

test("an authority of before, which didn't turn, opens as the first of the ring, and what it issued goes on counting", async () => {
  const running = await start();
  const enrolled = await enrol(running, "/service/reviewer");
  const { ca } = await running.client.status({}, 2000);
  await running.stop();
  const lock = { assertHeld: () => undefined, release: () => undefined };
  const store = new SealedStore<Kinds>({
    path: `${running.home}/store.jsonl`,
    key: await fileRootKey(`${running.home}/root.key`).derive("store"),
    lock,
    onFailure: () => undefined,
  });
  await store.rewrite();
  const secret = store.get("keyring", "ca")?.keys[0]?.secret ?? "";
  store.put("authority", "ca-1", JSON.parse(Buffer.from(secret, "base64url").toString("utf8")) as Kinds["authority"]);
  store.put("keyring", "ca", null);
  const { spiffe, serial, notAfterS } = store.get("certificate", enrolled.x5t) as Kinds["certificate"];
  store.put("certificate", enrolled.x5t, { spiffe, serial, notAfterS });
  await store.close();
  const again = await running.restart();
  expect((await again.client.status({}, 2000)).ca).toBe(ca);
  expect(again.custodian.store.all("authority").size).toBe(0);
  expect(use(again, enrolled)).toBe(true);
  await turn(again, "add");
  expect((await key(again, "ca-2"))?.lacking).toEqual(["service/reviewer"]);
});

faultTest(
  "E9",
  "a custodian that is ended at any step of its authority's rotation goes on from it, and a workload's certificate counts throughout",
  async (defence) => {
    // Off: an authority issues before anybody has shown that they trust it, and the one before is dropped with its certificates in use.
    const rules: RingRules = defence === "on" ? strictRingRules : { ...strictRingRules, held: false, unused: false };
    const running = await start({}, { ringRules: rules });
    const api = processId(running.custodian.trustDomain, "api").slice(`spiffe://${running.custodian.trustDomain}`.length);
    let newest = await enrol(running, api);
    const renew = async (): Promise<void> => {
      newest = await enrol(running, api);
      use(running, newest);
      await running.custodian.store.durable();
    };
    use(running, newest);
    const step = (name: Step) => () => turn(running, name);
    const later = (ms: number) => (): Promise<void> => Promise.resolve(running.clock.advance(ms));
    const files: [Buffer, Enrolled][] = [];
    const phase = async (steps: readonly (() => Promise<unknown>)[]): Promise<void> => {
      const held = newest;
      for (const file of await crashes(running, steps)) files.push([file, held]);
    };
    await phase([step("add"), later(60_000), step("activate")]);
    if (defence === "on") await renew();
    await phase([step("activate"), step("revert"), step("activate"), later(900_000)]);
    if (defence === "on") await renew();
    await phase([step("retire")]);
    await running.stop();
    expect(files.length).toBeGreaterThan(20);
    for (const [file, held] of files) {
      const home = newHome();
      writeFileSync(`${home}/root.key`, readFileSync(`${running.home}/root.key`), { mode: 0o600 });
      writeFileSync(`${home}/store.jsonl`, file, { mode: 0o600 });
      const again = await start({ home, trail: running.trail, clock: running.clock }, { ringRules: rules });
      expect(use(again, held)).toBe(true);
      expect(await untold(again)).toEqual([]);
      const { ca, crl } = await again.client.status({}, 2000);
      expect(readRevocationLists(crl, ca).pems.length).toBe(authorityIds(ca).length);
      // What it is shown by is trusted by who it was handed to.
      expect(authorityIds(held.caPem)).toContain(authorityIds(again.custodian.certificates.issuingPem)[0]);
      const next = (await ring(again)).keys.some(({ state }) => state === "next") ? "drop" : "add";
      expect(await turn(again, next)).toMatch(next === "add" ? /next$/ : /destroyed$/);
      await again.stop();
    }
  },
  60_000,
);

test("what certificates workloads hold is told by the authority's books: the newest in force of each, and none that ended or was revoked", async () => {
  const running = await start();
  const { client, clock, custodian } = running;
  const held = async () =>
    (await client.rotate({ kind: "rings" }, 2000)).certificates
      .filter(({ spiffe }) => spiffe.includes("/service/"))
      .map(({ spiffe, issuer, notAfterS, renewalS, isShown }) => [
        spiffe.slice(spiffe.lastIndexOf("/") + 1),
        issuer,
        notAfterS - clock.now() / 1000,
        renewalS - clock.now() / 1000,
        isShown,
      ]);
  const first = await enrol(running, "/service/lab");
  await enrol(running, "/service/gone");
  clock.advance(16 * 3_600_000);
  use(running, first);
  expect(await held()).toEqual([
    ["lab", "ca-1", 8 * 3600, 0, true],
    ["gone", "ca-1", 8 * 3600, 0, false],
  ]);
  await enrol(running, "/service/lab");
  await custodian.certificates.revoke(`spiffe://${custodian.trustDomain}/service/gone`);
  expect(await held()).toEqual([["lab", "ca-1", 86_400, 16 * 3600, false]]);
  clock.advance(86_400_000);
  expect(await held()).toEqual([]);
});
