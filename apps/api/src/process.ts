import {
  authenticate,
  type ApiDeps,
  createAppRouter,
  endDueSessions,
  KeyDesk,
  openReferenceKeys,
  PolicyDesk,
  ProfileDesk,
  type ReferenceKeys,
  SESSION_LIMITS,
  SessionDesk,
} from "@sallyport/api";
import { personalMailOf, routesOf } from "@sallyport/alerts";
import { anchorsOf } from "@sallyport/anchors";
import { GroupCommitTrail, openNote } from "@sallyport/audit";
import { AccessTokenVerifier } from "@sallyport/crypto";
import { type CustodianStatus, documentStatement } from "@sallyport/custody";
import {
  alertStore,
  anchorStore,
  checkpointStore,
  peopleStores,
  leafStore,
  policyStore,
  profileStore,
  recordStore,
  referenceKeyStore,
  studyStore,
  trailStore,
  treeStore,
  type Tx,
} from "@sallyport/db";
import { relyingParty } from "@sallyport/passkey";
import { authorityIds, readRevocationLists } from "@sallyport/pki";
import { AlertDesk } from "./alert-desk.ts";
import type { ApiParts } from "./api-parts.ts";
import { alertingAppend } from "./alerting-append.ts";
import { AnchorDesk } from "./anchor-desk.ts";
import { LeafDesk } from "./leaf-desk.ts";
import { trailArchive } from "./archive.ts";
import { CheckpointRounds } from "./checkpoint-rounds.ts";
import { custodianPorts } from "./custodian-ports.ts";
import { CustodianWatch } from "./custodian-watch.ts";
import { endedGenerations } from "./ended-generations.ts";
import { every } from "./every.ts";
import { checkpointing, evidence } from "./evidence.ts";
import { isFrozenBy, judgeStart } from "./frozen-start.ts";
import { GenerationRounds } from "./generation-rounds.ts";
import { healthRoute } from "./health-route.ts";
import { keptFor } from "./kept-for.ts";
import { Knocks } from "./knocks.ts";
import { Listener, PRODUCT_LIMITS, type Revocations } from "./listener.ts";
import { eventLog } from "./log.ts";
import { OpenIdProvider } from "./openid-provider.ts";
import { peopleParts } from "./people-parts.ts";
import { type PillarDeps, pillarStates } from "./pillar-states.ts";
import { SESSION_RATES, sessionRoutes } from "./session-routes.ts";
import { keepProfilesAtStart } from "./shipped-profiles.ts";
import { signingKeyOf } from "./signing-key.ts";
import { ServiceDoor } from "./service-routes.ts";
import { SpoolDesk } from "./spool-desk.ts";
import { standingRounds } from "./standing-rounds.ts";
import { storesOf } from "./stores-of.ts";
import { tokenRoute } from "./token-route.ts";

const POLICY_MS = 250;
const SEEN_MS = 2000;
const ENDED_MS = 5000;
const LATER_MS = 500;
const WATCH_MS = 1000;
const KNOCKS_MS = 60_000;
const CHECKPOINT_MS = 20_000;
const NAMES_MS = 5000;

/** The api, wired: the stores and the custodian behind the ports, the boundary on them, the listener in front, and what runs by the clock. */
export class ApiProcess {
  readonly policies;
  readonly store;
  readonly trail: GroupCommitTrail<Tx>;
  readonly policy: PolicyDesk;
  readonly profileStore;
  readonly profiles: ProfileDesk;
  readonly people;
  readonly sessions: SessionDesk;
  readonly watch: CustodianWatch;
  readonly signingKey = signingKeyOf(() => this.watch.status().checkpointKey);
  readonly keys: KeyDesk;
  readonly studies;
  readonly references;
  readonly #parts: ApiParts;
  readonly #knocks: Knocks;
  readonly #tokens: AccessTokenVerifier;
  readonly #timers: NodeJS.Timeout[] = [];
  #revocations: Revocations | null = null;
  #listener: Listener | null = null;
  #spool: SpoolDesk | null = null;
  #referenceKeys: Promise<ReferenceKeys> | null = null;
  #later: () => Promise<void> = () => Promise.resolve();

  constructor(parts: ApiParts) {
    this.#parts = parts;
    const { database, custodian, trustDomain, now } = parts;
    const log = eventLog(parts.write, now);
    this.policies = policyStore(database);
    this.store = trailStore(database);
    this.studies = studyStore(database);
    this.references = referenceKeyStore(database);
    this.trail = new GroupCommitTrail<Tx>({ store: this.store, sealer: custodian, deployment: trustDomain.split(".")[0] ?? "", now });
    this.keys = new KeyDesk(custodian, { now, ...(parts.keyTtlMs !== undefined && { ttlMs: parts.keyTtlMs }) });
    this.#knocks = new Knocks(now);
    this.#tokens = new AccessTokenVerifier({
      issuer: `https://${trustDomain}/custodian`,
      audience: `https://${trustDomain}/api`,
      now,
      ...(parts.tokenCache !== undefined && { cacheSize: parts.tokenCache }),
    });
    this.watch = new CustodianWatch(custodian, { changed: (status) => this.#take(status), turned: () => this.#judgeAnew(), holds: () => this.#tokens.kids }, log);
    const stores = peopleStores(database);
    this.people = parts.stores?.(stores) ?? stores;
    this.sessions = new SessionDesk(this.people.sessions, { now, idleMs: (parts.sessionLimits ?? SESSION_LIMITS).idleMs });
    this.policy = new PolicyDesk(this.policies, (note, canonical) => this.#isSigned("policy", note, canonical), { now });
    this.profileStore = profileStore(database);
    this.profiles = new ProfileDesk(this.profileStore, (note, canonical) => this.#isSigned("profile", note, canonical), { now });
  }

  /** Waits until the custodian has said how things stand. Throws `service.unavailable` after `deadlineMs`. */
  async meetCustodian(deadlineMs: number): Promise<CustodianStatus> {
    const untilMs = this.#parts.now() + deadlineMs;
    for (;;) {
      await this.watch.poll(null);
      if (this.watch.isReachable || this.#parts.now() > untilMs) return this.watch.status();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Opens the door: judges whether the start is a frozen one, builds the router, and listens. */
  async listen(port: number, host: string): Promise<number> {
    const { database, custodian, now, write, trustDomain, version, anchors: plan = null, alerts: told = null, consoleOrigin, provider = null } = this.#parts;
    const log = eventLog(write, now);
    const [records, checkpoints, trees, anchors] = [recordStore(database), checkpointStore(database), treeStore(database), anchorStore(database)];
    const status = this.watch.status();
    const heads = async () => this.store.heads(await records.chains("all"));
    const checkpoint = checkpointing(custodian, checkpoints);
    const generations = new GenerationRounds({ store: this.store, checkpoint, custodian, trail: this.trail, log });
    const isLost = await judgeStart({ watch: this.watch, heads: await heads(), store: this.store, custodian, log });
    const isFrozen = (): boolean => isLost || isFrozenBy(this.watch.status().incidents);
    // The incidents' own records need a chain that goes on, before anybody can ask.
    await generations.run(this.watch.status().incidents);
    if (!isFrozen()) await keepProfilesAtStart({ policies: this.policies, trail: this.trail, now, profileStore: this.profileStore, custodian, log });
    await Promise.all([this.policy.refresh(), this.profiles.refresh(), this.sessions.refresh()]);
    const leaves = new LeafDesk({ store: leafStore(database), custodian, deployment: status.deployment, signingKey: this.signingKey, log });
    const desk = new AnchorDesk({ plan, anchors: plan === null ? [] : anchorsOf(plan), heads, checkpoints, store: anchors, trees, log, now });
    await desk.measure();
    const receivers = { routes: routesOf(told), personal: personalMailOf(told) };
    const alerts = new AlertDesk({ ...receivers, store: alertStore(database), watch: this.watch, anchors: desk, deployment: status.deployment, consoleOrigin, log, now });
    const standing: PillarDeps = { now, watch: this.watch, policy: this.policy, isTrailUp: () => this.trail.outage === null, isFrozen };
    const base = {
      now,
      references: this.references,
      keys: this.keys,
      knocks: this.#knocks,
      people: this.people,
      read: <T>(work: (tx: Tx) => Promise<T>) => database.transaction(work),
    };
    const spool = (this.#spool = await SpoolDesk.opened({ settings: this.#parts.spool ?? null, custodian, status: () => this.watch.status(), now, log }));
    const { sessionLimits: limits = SESSION_LIMITS, judgePeer } = this.#parts;
    const external = provider === null ? null : new OpenIdProvider({ ...provider, redirectUri: `${consoleOrigin}/sign-in/provider`, now, log });
    const people = peopleParts({ base, custodian, party: relyingParty(consoleOrigin), provider: external, sessions: this.sessions, limits });
    const real: ApiDeps<Tx> = {
      ...base,
      ...people.ports,
      ...storesOf(database),
      tokens: { verify: (authorization, peer) => this.#tokens.verify(authorization, peer) },
      policy: this.policy,
      sessions: this.sessions,
      trail: this.trail,
      evidence: evidence(checkpoint, desk),
      log,
      isFrozen,
      alerts,
      incidents: () => this.watch.status().incidents,
      ended: () => endedGenerations(this.watch.status()),
      incidentOf: (chain) => this.watch.status().incidents.find((incident) => incident.chain === chain && incident.ended === null) ?? null,
      studies: this.studies,
      profiles: this.profiles,
      profileStore: this.profileStore,
      openChain: (tx, chain) => this.store.openChain(tx, chain),
      deployment: status.deployment,
      spool: () => spool.state(),
      signingKey: this.signingKey,
      ...custodianPorts(custodian, database),
      referenceKeys: () => this.#openReferenceKeys(),
      archive: trailArchive({
        records,
        checkpoints,
        trees,
        leaves,
        anchors,
        desk,
        custodian,
        watch: this.watch,
        signingKey: this.signingKey,
        goOn: (incidents) => generations.run(incidents),
        names: () => this.policies.names(),
      }),
      names: keptFor(NAMES_MS, now, () => this.policies.names()),
      pillars: { now: () => pillarStates(standing), fingerprint: () => this.watch.status().checkpointKey.fingerprint },
    };
    const ports = this.#parts.ports?.(real) ?? real;
    const whole = people.signIn(ports);
    const signIn = this.#parts.people?.(whole) ?? whole;
    const services = new ServiceDoor({ ...ports, custodian, trustDomain });
    const session = sessionRoutes(signIn, this.#parts.sessionRates ?? SESSION_RATES, services, isFrozen);
    const router = (this.#parts.router ?? createAppRouter)(ports);
    const listener = new Listener({
      router,
      handOver: spool.handOver(ports.tokens),
      trustDomain,
      identity: this.#parts.identity,
      revocations: () => this.#revocations as Revocations,
      token: tokenRoute({ ...ports, custodian }),
      renew: services.renew,
      session: session.route,
      prove: (context) => authenticate({ tokens: ports.tokens, policy: ports.policy, sessions: ports.sessions }, context),
      health: healthRoute({ deployment: status.deployment, version, ...standing }),
      knocks: ports.knocks,
      now,
      limits: this.#parts.limits ?? PRODUCT_LIMITS,
      ...(judgePeer !== undefined && { judgePeer }),
    });
    this.#listener = listener;
    const rounds = new CheckpointRounds({ heads, checkpoint, trees, trail: this.trail, log, now });
    for (const desk of [this.policy, this.profiles, this.sessions]) this.#every(POLICY_MS, () => desk.refresh());
    this.#every(SEEN_MS, () => this.sessions.flush());
    this.#every(ENDED_MS, () => endDueSessions(signIn).catch(() => undefined));
    const append = alertingAppend(this.trail, ports.alerts, now);
    this.#later = () => people.later.flush(append);
    this.#every(LATER_MS, () => this.#later());
    // Where the keys are away now, the first to sign in makes it.
    void session.warm().catch(() => undefined);
    // What the custodian did while nothing ran is on record before anybody can ask.
    await this.watch.poll(append);
    this.#every(WATCH_MS, async () => {
      await this.watch.poll(append);
      await generations.run(this.watch.status().incidents);
    });
    this.#every(KNOCKS_MS, () => this.#knocks.flush((draft) => this.trail.append(draft)));
    // Apart: an anchor that hangs delays no checkpoint.
    this.#every(CHECKPOINT_MS, () => rounds.run());
    this.#every(CHECKPOINT_MS, () => desk.run().then(() => desk.report(append)));
    this.#every(WATCH_MS, () => alerts.run());
    for (const { ms, run } of standingRounds({ database, custodian, watch: this.watch, trail: this.trail, due: ports, isFrozen, log, spool, router, leaves })) this.#every(ms, run);
    await new Promise<void>((resolve, reject) => {
      listener.server.once("error", reject);
      listener.server.listen(port, host, resolve);
    });
    const address = listener.server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  /** Takes up a renewed certificate. */
  renewIdentity(): void {
    this.#listener?.renew();
  }

  /** Finishes what is in hand, records what was counted, and closes. */
  async close(graceMs: number): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#listener?.close(graceMs);
    await this.sessions.flush();
    await this.#later();
    await this.#knocks.flush((draft) => this.trail.append(draft));
    await Promise.all([this.trail.close(), this.#spool?.close()]);
  }

  #every(ms: number, work: () => Promise<void>): void {
    this.#timers.push(every(ms, work));
  }

  #take(status: CustodianStatus): void {
    this.#tokens.setKeys(status.tokenKeys);
    this.keys.heardOfShreds(status.shreds);
    const list = readRevocationLists(status.crl, status.ca);
    this.#revocations = {
      caPem: status.ca,
      crlPems: list.pems,
      authorities: new Set(authorityIds(status.ca)),
      nextUpdateMs: list.nextUpdateMs,
      serials: list.serials,
      workloads: new Set(status.revokedWorkloads),
    };
    this.#listener?.renew();
  }

  /** What was signed by a key that wasn't heard of until now is what it was signed as. */
  #judgeAnew(): void {
    for (const desk of [this.policy, this.profiles]) desk.judgeAnew();
  }

  #isSigned(kind: "policy" | "profile", note: string, canonical: string): boolean {
    try {
      const { deployment } = this.watch.status();
      return openNote(note, this.signingKey().behind) === documentStatement(kind, deployment, canonical);
    } catch {
      return false;
    }
  }

  /** Opened once and kept: without them nothing can be named, found or paged. A failed opening is tried again by the next caller. */
  #openReferenceKeys(): Promise<ReferenceKeys> {
    this.#referenceKeys ??= openReferenceKeys(this.references, this.keys).catch((error: unknown) => {
      this.#referenceKeys = null;
      throw error;
    });
    return this.#referenceKeys;
  }
}
