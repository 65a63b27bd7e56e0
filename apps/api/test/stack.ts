import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listen, openCustodian, openTrail, type RunningCustodian, type TrailReader, workerRunner } from "@sallyport/app-custodian";
import { type AccessTokenGrant, ed25519FromSeed, mintAccessToken } from "@sallyport/crypto";
import { connectCustodian, type Custodian, type CustodianClient } from "@sallyport/custody";
import type { RingRules } from "@sallyport/custody/keys";
import { connectDatabase, type Database, type DatabaseOptions, migrate, provisionRoles } from "@sallyport/db";
import { type MigratedDatabase, migratedDatabase } from "@sallyport/db/testing";
import { type TemporaryCluster } from "@sallyport/embedded-postgres/testing";
import { Authority, type AuthorityMaterial, createRequest, type Identity, peerIdentity } from "@sallyport/pki";
import { shippedProfileDigests } from "@sallyport/phi";
import { starterPolicyDigest } from "@sallyport/policy";
import { processId, serviceId } from "@sallyport/zones";
import type { ListenerLimitsAll } from "../src/listener.ts";
import type { ApiParts } from "../src/api-parts.ts";
import { ApiProcess } from "../src/process.ts";
import type { SessionRates } from "../src/session-routes.ts";
import { readPlan, setup } from "../src/setup.ts";
import { demographics, PEOPLE, STUDY } from "./dataset.ts";
import { DoorClient, type Reply } from "./door-client.ts";

/** Who is registered: the service's name, and its role at which site of the study. `*` for all; `**` for the whole deployment. */
const PRINCIPALS = {
  ingest: ["ingestion_service", "*"],
  ingest701: ["ingestion_service", "701"],
  steward: ["data_steward", "*"],
  steward701: ["data_steward", "701"],
  reviewer: ["clinical_reviewer", "*"],
  reviewer701: ["clinical_reviewer", "701"],
  reviewer704: ["clinical_reviewer", "704"],
  regulatory: ["regulatory_reviewer", "*"],
  regulatory701: ["regulatory_reviewer", "701"],
  auditor: ["auditor", "**"],
  auditor701: ["auditor", "701"],
  admin: ["security_admin", "**"],
  admin701: ["security_admin", "701"],
  custodian: ["key_custodian", "**"],
  egress: ["egress_service", "**"],
} as const;
export type Who = keyof typeof PRINCIPALS;
export const principalOf = (who: Who): string => `svc_${who}`;
/** The egress process is one of ours; the others are services. */
const workloadOf = (trustDomain: string, who: Who): string => (who === "egress" ? processId(trustDomain, who) : serviceId(trustDomain, who));

/** Limits that no test runs into by accident; those about limits give their own. */
const WIDE: ListenerLimitsAll = {
  perPeer: { perSecond: 1e6, burst: 1e6 },
  refusedPerPeer: { perSecond: 1e6, burst: 1e6 },
  handshakesPerNetwork: 1e6,
  inHandMax: 256,
  inHandPerPeer: 256,
  partsPerPeer: 64,
  partsMax: 64,
  watchesPerPeer: 256,
  connectionAgeMs: 300_000,
  bodyBytes: 256 * 1024,
};

/** Guessers are slowed down in the tests that are about them. */
const WIDE_RATES: SessionRates = { perPeer: { perSecond: 1e6, burst: 1e6 }, perName: { perSecond: 1e6, burst: 1e6 } };

/** Where browsers of the tests reach the console. */
export const PARTY = { id: "localhost", origin: "http://localhost:3000" } as const;

/** How one api differs from the product's. */
export interface ServeOptions
  extends Pick<ApiParts, "alerts" | "sessionLimits" | "sessionRates" | "provider" | "stores" | "people" | "keyTtlMs" | "tokenCache" | "ports" | "router" | "judgePeer" | "spool"> {
  readonly now?: () => number;
  readonly limits?: Partial<ListenerLimitsAll>;
  readonly custodian?: (real: Custodian) => Custodian;
  readonly identity?: () => Identity;
  readonly pool?: Partial<DatabaseOptions>;
}

/** A running api of the deployment, in this process. */
export interface Api {
  readonly process: ApiProcess;
  readonly database: Database;
  readonly port: number;
  readonly events: readonly string[];
  client(who: Who): DoorClient;
  /** Calls as a principal, with a token of its own. */
  call(who: Who, procedure: string, input: unknown, key?: string): Promise<Reply>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A founded deployment: a database, a custodian behind its own mTLS port, and a certificate for each principal. */
export interface Deployment {
  readonly apiUrl: string;
  readonly custodianPort: number;
  readonly apiIdentity: Identity;
  readonly custodian: RunningCustodian;
  readonly trustDomain: string;
  /** The superuser's connection, for planting faults. */
  readonly owner: Database;
  /** The URL that it is connected by. */
  readonly ownerUrl: string;
  identity(who: Who): Identity;
  spiffe(who: Who): string;
  x5t(identity: Identity): string;
  issue(spiffe: string, dns?: readonly string[]): Promise<Identity>;
  /** A certificate that ends when it is told to, as an authority with another clock would issue it. */
  issueFor(spiffe: string, lifetimeSeconds: number): Identity;
  /** A token signed by the deployment's own key, with the claims that are given. */
  forge(who: Who, over?: Partial<AccessTokenGrant>): string;
  serve(options?: ServeOptions): Promise<Api>;
  /** Brings the people of the dataset in: uploaded by one, released by another. */
  seed(api: Api): Promise<void>;
  /** The bodies of a chain's records, in order. */
  records(chain: string): Promise<readonly Readonly<Record<string, string>>[]>;
  /** Takes the api's right to write the trail: a run by itself, and runs of several chains. */
  forbidAppends(): Promise<unknown>;
  allowAppends(): Promise<unknown>;
  close(): Promise<void>;
}

/** A cluster that a test may kill, with the database of one deployment. */
async function durableDatabase(cluster: TemporaryCluster, deployment: string): Promise<MigratedDatabase> {
  await migrate(cluster.url, { deployment });
  return { ownerUrl: cluster.url, ...(await provisionRoles(cluster.url)), drop: () => cluster.dispose() };
}

/** A reader that asks for its address at its first use: the custodian is founded before there is a schema to read. */
function readerAt(url: () => string): TrailReader {
  let opened: TrailReader | undefined;
  const reader = (): TrailReader => (opened ??= openTrail(url(), "test-custodian"));
  return {
    heads: () => reader().heads(),
    closings: () => reader().closings(),
    records: (...from) => reader().records(...from),
    subjectExists: (id) => reader().subjectExists(id),
    wraps: () => reader().wraps(),
    deployment: () => reader().deployment(),
    archivals: () => reader().archivals(),
    remove: (archived) => reader().remove(archived),
    checkpoints: (...of) => reader().checkpoints(...of),
    close: () => opened?.close() ?? Promise.resolve(),
  };
}

/** Makes one in a database of its own; with `durable`, in a cluster of its own that keeps what it acknowledged; with `profile`, its study has that one. */
export async function deployment(
  options: { readonly durable?: TemporaryCluster; readonly profile?: string; readonly archiveAfterDays?: number; readonly ringRules?: RingRules } = {},
): Promise<Deployment> {
  let db = options.durable === undefined ? await migratedDatabase() : undefined;
  const custodianUrl = (): string => db?.custodianUrl ?? "";
  const home = mkdtempSync(join(tmpdir(), "sallyport-api-test-"));
  const urlFile = join(home, "custodian.database-url");
  const custodian = await openCustodian({
    home,
    now: Date.now,
    onFailure: (error) => {
      throw error;
    },
    reader: readerAt(custodianUrl),
    runDeeply: (work, take, tell) => {
      writeFileSync(urlFile, custodianUrl(), { mode: 0o600 });
      return workerRunner(urlFile)(work, take, tell);
    },
    ringRules: options.ringRules,
    starterPolicyDigest,
    shippedProfileDigests,
    party: PARTY,
    archiveAfterDays: options.archiveAfterDays ?? 730,
  });
  const { trustDomain, certificates } = custodian;
  if (options.durable !== undefined) db = await durableDatabase(options.durable, custodian.deployment);
  if (db === undefined) throw new Error("no database");
  const { ownerUrl, apiUrl, drop } = db;
  const door = await listen({ host: "127.0.0.1", port: 0, trustDomain, certificates, handle: custodian.handle, now: Date.now });
  const owner = connectDatabase({ url: ownerUrl, max: 3, applicationName: "test-owner" });
  await owner.run`UPDATE boundary.deployment SET id = ${custodian.deployment}`;

  const issue = async (spiffe: string, dns: readonly string[] = []): Promise<Identity> => {
    const { csrPem, keyPem } = createRequest();
    const { cert, ca } = await certificates.issue({ csr: csrPem, spiffe, dns });
    return { keyPem, certPem: cert, caPem: ca };
  };
  const apiIdentity = await issue(processId(trustDomain, "api"), ["localhost"]);
  const spiffe = (who: Who): string => workloadOf(trustDomain, who);
  const identities = new Map(await Promise.all((Object.keys(PRINCIPALS) as Who[]).map(async (who) => [who, await issue(spiffe(who))] as const)));
  const identity = (who: Who): Identity => identities.get(who) as Identity;
  const x5t = (of: Identity): string => peerIdentity(new X509Certificate(of.certPem).raw, { trustDomain, nowMs: Date.now() }).x5t;
  const link = (): CustodianClient =>
    connectCustodian({
      host: "127.0.0.1",
      port: door.port,
      identity: { current: () => apiIdentity, onChange: () => undefined },
      custodianSpiffe: processId(trustDomain, "custodian"),
    });

  const tokens = new Map<string, { token: string; untilMs: number }>();
  const serve = async (options: ServeOptions = {}): Promise<Api> => {
    const { now = Date.now, limits, custodian: wrap = (real) => real, pool, identity: own = () => apiIdentity, ...parts } = options;
    const database = connectDatabase({ url: apiUrl, max: 8, applicationName: "test-api", ...pool });
    const client = link();
    const events: string[] = [];
    const api = new ApiProcess({
      database,
      custodian: wrap(client),
      identity: own,
      trustDomain,
      version: "0.0.0-test",
      now,
      write: (line) => events.push(line),
      limits: { ...WIDE, ...limits },
      consoleOrigin: PARTY.origin,
      sessionRates: WIDE_RATES,
      ...parts,
    });
    await api.meetCustodian(5000);
    const port = await api.listen(0, "127.0.0.1");
    const clients = new Map<Who, DoorClient>();
    const clientOf = (who: Who): DoorClient => {
      const known = clients.get(who);
      if (known !== undefined) return known;
      const made = new DoorClient(port, trustDomain, identity(who));
      clients.set(who, made);
      return made;
    };
    let isClosed = false;
    const close = async (): Promise<void> => {
      if (isClosed) return;
      isClosed = true;
      for (const each of clients.values()) each.close();
      await api.close(2000);
      client.close();
      await database.close();
    };
    return {
      process: api,
      database,
      port,
      events,
      client: clientOf,
      async call(who, procedure, input, key) {
        let known = tokens.get(who);
        if (known === undefined || known.untilMs < Date.now()) {
          known = { token: forge(who), untilMs: Date.now() + 600_000 };
          tokens.set(who, known);
        }
        return clientOf(who).call(procedure, input, known.token, key);
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  };

  const forge = (who: Who, over: Partial<AccessTokenGrant> = {}): string => {
    const { id, secret } = custodian.store.active("token");
    const { privateKey } = ed25519FromSeed(Buffer.from(secret, "base64url"));
    return mintAccessToken(
      {
        issuer: `https://${trustDomain}/custodian`,
        audience: `https://${trustDomain}/api`,
        sub: principalOf(who),
        scope: EVERYTHING,
        azp: spiffe(who),
        x5t: x5t(identity(who)),
        iatS: Math.floor(Date.now() / 1000),
        lifetimeS: 900,
        ...over,
      },
      { kid: id, privateKey },
    ).token;
  };

  const founding = await serve();
  const api = founding.process;
  const founded = link();
  await setup(
    {
      trail: api.trail,
      studies: api.studies,
      references: api.references,
      keys: api.keys,
      store: api.store,
      policies: api.policies,
      profileStore: api.profileStore,
      now: Date.now,
      custodian: founded,
    },
    readPlan(JSON.stringify(plan(trustDomain, options.profile))),
  );
  founded.close();
  await founding.close();

  return {
    apiUrl,
    custodianPort: door.port,
    apiIdentity,
    custodian,
    trustDomain,
    owner,
    ownerUrl,
    identity,
    spiffe,
    x5t,
    issue,
    issueFor(of, lifetimeSeconds) {
      const material = JSON.parse(Buffer.from(custodian.store.active("ca").secret, "base64url").toString("utf8")) as AuthorityMaterial;
      const { csrPem, keyPem } = createRequest();
      const { certPem } = new Authority(material).issue({ csrPem, spiffe: of, dns: [], lifetimeSeconds });
      return { keyPem, certPem, caPem: certificates.caPem };
    },
    forge,
    serve,
    async seed(at) {
      const uploaded = await at.call("ingest", "packets.upload", { study: STUDY, content: demographics(PEOPLE) });
      const { packetId } = dataOf(uploaded) as { packetId: string };
      dataOf(await at.call("steward", "packets.release", { packetId, reason: "checked against the source" }));
    },
    async records(chain) {
      const rows = await owner.run<{ body: string }>`SELECT body FROM audit.records WHERE chain = ${chain} ORDER BY generation, seq`;
      return rows.map(({ body }) => JSON.parse(body) as Record<string, string>);
    },
    forbidAppends: () => owner.run`REVOKE EXECUTE ON FUNCTION
      audit.append(text, integer, bigint, bytea, text, bytea), audit.append_runs(text, text, text, bytea, text, text, bytea) FROM sallyport_api`,
    allowAppends: () => owner.run`GRANT EXECUTE ON FUNCTION
      audit.append(text, integer, bigint, bytea, text, bytea), audit.append_runs(text, text, text, bytea, text, text, bytea) TO sallyport_api`,
    async close() {
      door.close();
      await custodian.close();
      await owner.close();
      await drop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const EVERYTHING =
  "packet.upload packet.read packet.inspect packet.release packet.reject subject.list subject.read subject.withdraw subject.transfer phi.read trail.read trail.verify trail.export study.read profile.read profile.change workload.read workload.enrol workload.revoke access.read phi.bulk_reveal phi.bulk_approve approval.read approval.decide approval.withdraw approval.use person.invite person.suspend person.reinstate authenticator.recover principal.read exposure.read assignment.change study.register person.offboard lock.read lock.set lock.lift document.read role.read role.change emergency.open emergency.review access.review incident.release trail.review keys.read keys.rotate recipient.read recipient.change submission.assemble submission.release submission.submit submission.download outbox.read outbox.reconcile outbox.deliver route.change trail.archive spool.replay spool.discard";

/** A study that nobody at a site of {@link STUDY} may learn of. */
export const OTHER_STUDY = "OTHER";

const plan = (trustDomain: string, profile = "cdisc-sdtm"): object => ({
  studies: [
    { id: STUDY, title: "Pilot", profile, sites: ["701", "704"].map((id) => ({ id, name: `Site ${id}`, country: "USA" })) },
    { id: OTHER_STUDY, title: "Another study", profile: "cdisc-sdtm", sites: [{ id: "901", name: "Site 901", country: "USA" }] },
  ],
  principals: Object.entries(PRINCIPALS).map(([who, [role, site]]) => ({
    id: `svc_${who}`,
    name: who,
    kind: "service",
    workload: workloadOf(trustDomain, who as Who),
    assignments: [site === "**" ? { role, study: "*", site: "*" } : { role, study: STUDY, site }],
  })),
});

/** The data of a success; throws, with the answer's code, for anything else. */
export function dataOf(reply: Reply): unknown {
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`);
  return (JSON.parse(reply.text) as { result: { data: unknown } }).result.data;
}

/** The code of a failure, or `ok`. */
export const codeOf = (reply: Reply): string => (reply.status === 200 ? "ok" : (JSON.parse(reply.text) as { code: string }).code);

/** Waits until `test` holds; answers how long that took, or throws after `withinMs`. */
export async function until(test: () => Promise<boolean> | boolean, withinMs = 5000): Promise<number> {
  const from = performance.now();
  while (!(await test())) {
    if (performance.now() - from > withinMs) throw new Error("it did not come about in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return performance.now() - from;
}
