import { ringStepDigest } from "@sallyport/api";
import { connectCustodian, type Custodian } from "@sallyport/custody";
import { type KeyRing, ringOf } from "@sallyport/custody/keys";
import { authorityIds, type Identity, isIssuedBy, socketPeer } from "@sallyport/pki";
import { faultTest } from "@sallyport/testkit";
import { processId } from "@sallyport/zones";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { demographics, STUDY } from "./dataset.ts";
import { DoorClient } from "./door-client.ts";
import { Persons, type SignedIn } from "./persons.ts";
import { type Api, codeOf, dataOf, type Deployment, deployment, until, type Who } from "./stack.ts";
import { PASSWORD_PROOF, proofOver, provenByDigest } from "./step-up-ports.ts";

interface Shown {
  readonly keys: readonly { readonly keyId: string; readonly state: string; readonly lacking: readonly string[]; readonly holders: readonly string[] }[];
}

let at: Deployment;
let persons: Persons;
let keeper: SignedIn;
/** The api's own identity, as its folder has it now. */
let own: Identity;
const renewals = new Set<(identity: Identity) => void>();
const closing: (() => unknown)[] = [];
beforeAll(async () => {
  at = await deployment();
  own = at.apiIdentity;
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  renewals.clear();
});
afterAll(() => at?.close());

/** An api whose identity is renewed, as from a folder. */
async function serve(over: Parameters<Deployment["serve"]>[0] = {}): Promise<Api> {
  const link = connectCustodian({
    host: "127.0.0.1",
    port: at.custodianPort,
    identity: { current: () => own, onChange: (listener) => (renewals.add(listener), () => renewals.delete(listener)) },
    custodianSpiffe: processId(at.trustDomain, "custodian"),
  });
  const api = await at.serve({ ports: provenByDigest(), identity: () => own, custodian: (): Custodian => link, ...over });
  renewals.add(() => api.process.renewIdentity());
  closing.push(
    () => api.close(),
    () => link.close(),
  );
  return api;
}

/** What its supervisor does for a process: a new certificate with the trust of now, which it says is in its place. */
async function placed(spiffe: string, dns: readonly string[] = []): Promise<Identity> {
  const identity = await at.issue(spiffe, dns);
  at.custodian.certificates.shown(at.x5t(identity));
  return identity;
}

/** The api gets a certificate of now, and is seen to call the custodian by it. */
async function renewApi(): Promise<void> {
  own = await at.issue(processId(at.trustDomain, "api"), ["localhost"]);
  for (const renewed of renewals) renewed(own);
  await until(() => Promise.resolve(at.custodian.store.get("certificate", at.x5t(own))?.shownMs !== undefined), 10_000);
}

/** A workload that keeps asking, by whatever certificate it has now; a renewed one is for what is asked next. */
class Workload {
  readonly #api: Api;
  readonly #who: Who;
  #client: DoorClient;
  #token = "";
  readonly #old: DoorClient[] = [];

  constructor(api: Api, who: Who, identity: Identity) {
    this.#api = api;
    this.#who = who;
    this.#client = new DoorClient(api.port, at.trustDomain, identity);
  }

  async renew(): Promise<void> {
    const next = new DoorClient(this.#api.port, at.trustDomain, await at.issue(at.spiffe(this.#who)));
    // The token is minted to the certificate, which shows the custodian that it is in use.
    const token = await tokenOf(next);
    this.#old.push(this.#client);
    [this.#client, this.#token] = [next, token];
  }

  async ask(procedure: string, input: unknown): Promise<string> {
    if (this.#token === "") this.#token = await tokenOf(this.#client);
    const [client, token] = [this.#client, this.#token];
    return codeOf(await client.call(procedure, input, token));
  }

  close(): void {
    for (const client of [...this.#old, this.#client]) client.close();
  }
}
async function tokenOf(client: DoorClient): Promise<string> {
  const reply = await client.send({ path: "/token", body: "{}" });
  if (reply.status !== 200) throw new Error(`no token: ${reply.status} ${reply.text}`);
  return (JSON.parse(reply.text) as { token: string }).token;
}

const keep = (change: (key: KeyRing["keys"][number]) => KeyRing["keys"][number]): void => {
  const ring = ringOf(at.custodian.store, "ca");
  at.custodian.store.put("keyring", "ca", { ...ring, keys: ring.keys.map(change) });
};
/** Time passes: the next one's window begins, and the overlap of the one before is over. */
const later = (): void => keep((key) => (key.state === "next" ? { ...key, fromS: 0 } : key.state === "retiring" ? { ...key, untilS: 0 } : key));
async function step(api: Api, name: "add" | "activate" | "revert" | "retire", over: { readonly proof?: object } = {}): Promise<string> {
  const asked = { ring: "ca" as const, step: name, at: ringOf(at.custodian.store, "ca").at };
  const { proof = proofOver(ringStepDigest(keeper.person, asked), keeper.person) } = over;
  const reply = await keeper.call(api, "keys.step", { ...asked, reason: "it is time to turn", proof });
  return codeOf(reply) === "ok" ? (dataOf(reply) as { ring: Shown }).ring.keys.map(({ keyId, state }) => `${keyId} ${state}`).join(", ") : codeOf(reply);
}
const shown = async (api: Api): Promise<Shown> =>
  (dataOf(await keeper.call(api, "keys.rings", {})) as { rings: readonly (Shown & { ring: string })[] }).rings.find(({ ring }) => ring === "ca") as Shown;

test("an authority takes over from another under reads, writes, tokens and an open watch; nobody is refused, and then nothing of the old one is accepted", async () => {
  const api = await serve();
  await at.seed(api);
  persons = await Persons.of(at);
  closing.push(() => persons.close());
  keeper = await persons.add("kim", "key_custodian");
  const admin = await persons.add("ada", "security_admin");
  await persons.known(api);
  const names = ["reviewer", "ingest"] as const;
  const workloads = new Map(names.map((who) => [who, new Workload(api, who, at.identity(who))]));
  closing.push(() => workloads.forEach((workload) => workload.close()));
  const page = dataOf(await api.call("reviewer", "subjects.list", {})) as { items: { subjectId: string }[] };
  const outcomes = new Map<string, number>();
  let isOver = false;
  const steadily = async (name: string, work: (n: number) => Promise<string>): Promise<void> => {
    for (let n = 0; !isOver; n += 1) {
      const outcome = `${name}: ${await work(n).catch((error: unknown) => (error instanceof Error ? error.message : "failed"))}`;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  };
  const [reviewer, ingest] = names.map((who) => workloads.get(who)) as [Workload, Workload];
  const load = [
    steadily("read", (n) =>
      reviewer.ask("subjects.reveal", { subjectId: page.items[n % page.items.length]?.subjectId, field: "DM.AGE", purpose: "safety", reason: "an adverse event" }),
    ),
    steadily("write", (n) => ingest.ask("packets.upload", { study: STUDY, content: demographics([{ site: "701", subject: `9${n}` }]) })),
  ];
  /** A watch that goes on until it is ended from there, or broken off. */
  const watching = (who: SignedIn): { seen: number; isOpen: boolean } => {
    const state = { seen: 0, isOpen: true };
    void (async () => {
      try {
        for await (const _ of who.watch(api, "crossings.watch", {})) state.seen += 1;
      } finally {
        state.isOpen = false;
      }
    })().catch(() => undefined);
    return state;
  };
  const early = watching(admin);
  /** Everybody gets a certificate with the trust, and by the authority, of now. */
  const everybody = async (): Promise<void> => {
    await renewApi();
    await Promise.all([...workloads.values()].map((workload) => workload.renew()));
    // Those that ask nothing now have theirs from their supervisor; the console's is among them.
    for (const { spiffe } of new Map([...at.custodian.store.all("certificate").values()].map((each) => [each.spiffe, each])).values())
      if (!/\/(?:service\/(?:reviewer|ingest)|zone\/data\/custodian|zone\/application\/api)$/.test(spiffe)) await placed(spiffe);
  };
  const before = at.custodian.certificates.issuingPem;
  const [old, oldOwn] = [at.identity("reviewer"), own];
  let after = { seen: 0, isOpen: false };
  const late = new DoorClient(api.port, at.trustDomain, old);
  closing.push(() => late.close());
  const lateToken = await tokenOf(late);
  try {
    expect(await step(api, "add")).toBe("ca-1 active, ca-2 next");
    // The minute that the next one waits is the node's to hear of it in, which it does within a second.
    await until(() => Promise.resolve(authorityIds(api.process.watch.status().ca).length === 2), 5000);
    later();
    expect(await step(api, "activate", { proof: PASSWORD_PROOF })).toBe("keys.unheld");
    expect((await shown(api)).keys[1]?.lacking).toEqual(expect.arrayContaining(["service/reviewer", "zone/application/api"]));
    await everybody();
    expect((await shown(api)).keys[1]?.lacking).toEqual([]);
    expect(await step(api, "activate")).toBe("ca-1 retiring, ca-2 active");
    expect(isIssuedBy((await at.issue(at.spiffe("auditor"))).certPem, before)).toBe(false);
    // There and back, and there again, under the same load.
    expect(await step(api, "revert")).toBe("ca-1 active, ca-2 retiring");
    expect(await step(api, "revert")).toBe("ca-1 retiring, ca-2 active");
    later();
    expect(await step(api, "retire", { proof: PASSWORD_PROOF })).toBe("keys.in_use");
    await everybody();
    // At the console, a watch of before goes on, and another one is opened by the console's new certificate.
    const fresh = await Persons.of(at);
    closing.push(() => fresh.close());
    const eve = await fresh.add("eve", "security_admin");
    await fresh.known(api);
    after = watching(eve);
    // What was asked on connections of before is answered by now.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(codeOf(await late.call("subjects.list", {}, lateToken))).toBe("ok");
    expect([early.isOpen, early.seen > 0]).toEqual([true, true]);
    expect(await step(api, "retire")).toBe("ca-1 retired, ca-2 active");
    // It goes on under the new one alone.
    await new Promise((resolve) => setTimeout(resolve, 1500));
  } finally {
    isOver = true;
    await Promise.all(load);
  }
  expect([...outcomes.keys()].toSorted()).toEqual(["read: ok", "write: ok"]);
  const seen = after.seen;
  await until(async () => (await reviewer.ask("subjects.list", {})) === "ok" && (after.seen > seen || !after.isOpen), 5000);
  expect([after.isOpen, early.isOpen]).toEqual([true, false]);

  // On a connection that is open: refused at the next request. On a new one: by the handshake. Towards the api, likewise.
  expect(codeOf(await late.call("subjects.list", {}, lateToken).catch(() => ({ status: 0, text: '{"code":"cut"}', closes: true, serverSerial: "" })))).not.toBe("ok");
  const anew = new DoorClient(api.port, at.trustDomain, old);
  closing.push(() => anew.close());
  await expect(anew.call("subjects.list", {}, lateToken)).rejects.toThrow();
  const asApi = connectCustodian({
    host: "127.0.0.1",
    port: at.custodianPort,
    identity: { current: () => oldOwn, onChange: () => undefined },
    custodianSpiffe: processId(at.trustDomain, "custodian"),
  });
  closing.push(() => asApi.close());
  await expect(asApi.status({}, 1500)).rejects.toThrow();
  expect(authorityIds(own.caPem)).toContain(authorityIds(at.custodian.certificates.caPem)[0]);
}, 120_000);

faultTest(
  "M12",
  "a connection that is open when its certificate's authority is dropped is answered nothing more",
  async (defence) => {
    // Off: the peer is judged without asking whose certificate it has.
    const judgePeer: typeof socketPeer = (socket, { trustDomain, nowMs, revoked }) => socketPeer(socket, { trustDomain, nowMs, ...(revoked !== undefined && { revoked }) });
    const api = await serve(defence === "on" ? {} : { judgePeer });
    const client = new DoorClient(api.port, at.trustDomain, await at.issue(at.spiffe("reviewer")));
    closing.push(() => client.close());
    const token = await tokenOf(client);
    expect(codeOf(await client.call("subjects.list", {}, token))).toBe("ok");
    // Another authority issues, the api has its certificate of that one, and the one before is dropped, whoever still has certificates of it.
    const ring = ringOf(at.custodian.store, "ca");
    const next: KeyRing["keys"][number] = { id: `ca-${ring.keys.length + 1}`, state: "active", secret: at.custodian.certificates.newSecret(), fromS: 0, untilS: null };
    const became = (state: "retiring" | "retired") => ring.keys.map((key) => (key.state === "active" ? { ...key, state } : key));
    at.custodian.store.put("keyring", "ca", { ...ring, at: ring.at + 1, keys: [...became("retiring"), next] });
    at.custodian.certificates.changed();
    await renewApi();
    await until(() => Promise.resolve(authorityIds(api.process.watch.status().ca).length === 2), 5000);
    expect(codeOf(await client.call("subjects.list", {}, token))).toBe("ok");
    at.custodian.store.put("keyring", "ca", { ...ring, at: ring.at + 2, keys: [...became("retired"), next] });
    at.custodian.certificates.changed();
    await until(() => Promise.resolve(authorityIds(api.process.watch.status().ca).length === 1), 5000);
    expect(codeOf(await client.call("subjects.list", {}, token).catch(() => ({ status: 0, text: '{"code":"workload.revoked"}', closes: true, serverSerial: "" })))).not.toBe("ok");
  },
  60_000,
);
