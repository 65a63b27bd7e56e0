import { existsSync } from "node:fs";
import type { Server } from "node:net";
import { join } from "node:path";
import { startPostgres } from "@sallyport/embedded-postgres";
import { SallyportError } from "@sallyport/errors";
import { processId, serviceId } from "@sallyport/zones";
import { addRevoked, CertificateDesk, profileNames, revokedNames, writeProfile } from "./certificate-desk.ts";
import { type ReadyProcess, startProcess } from "./child-process.ts";
import { type HostStatus, serveControl } from "./control-socket.ts";
import { custodianPort } from "./custodian-port.ts";
import { Custodians } from "./custodians.ts";
import { databasePasswords } from "./database-passwords.ts";
import { type Deployment, deploymentOf, type Founding, keepDeployment, keepFounding, knownDeployment, knownFounding } from "./deployment.ts";
import { failureText } from "./failure-text.ts";
import { assertFoundedDatabase, databaseFolder } from "./founded-database.ts";
import { handOver, takeBack } from "./hand-over.ts";
import { type FoundingPlan, foundingPlan, syntheticPlan } from "./founding-plan.ts";
import type { HostParts } from "./host-parts.ts";
import { lockHome } from "./home-lock.ts";
import { statusOf } from "./host-status.ts";
import { type Home, homePaths, prepareHome } from "./home.ts";
import { Keeper, KEEPER_LIMITS, type Running } from "./keeper.ts";
import type { PasswordRing } from "./password-ring.ts";
import { assertPortFree, assertReachable } from "./port-check.ts";
import { writePrivate } from "./private-file.ts";
import { type Addresses, addressesIn, databaseUrlFile, environmentOf } from "./process-environment.ts";
import { ProcessLog } from "./process-log.ts";
import { applyOwners, chooseOwners, ownerFor, type Owners, type ProcessName } from "./process-owners.ts";
import { LOCAL_PROFILES, TERMINAL_PROFILE } from "./profiles.ts";
import { keepSecrets } from "./kept-secrets.ts";
import { runOnce } from "./run-once.ts";
import { asRunning } from "./running-postgres.ts";
import type { OperatorPlan } from "./setup-plan.ts";

const RENEW_MS = 30_000;
const PASSWORDS_MS = 1000;

/** One deployment on one host: the database, the custodian, the api, the console and egress, started, kept, and stopped in order. */
export class Host {
  readonly home: Home;
  readonly #parts: HostParts;
  readonly #keepers: Keeper<Running>[] = [];
  readonly #stopping = new AbortController();
  readonly #failed: Promise<string>;
  readonly #desk: CertificateDesk;
  #fail: (reason: string) => void = () => undefined;
  #custodians: Custodians | null = null;
  #owners: Owners = { kind: "one", warning: null };
  #addresses: Addresses;
  #release: () => void = () => undefined;
  #control: Server | null = null;
  #passwords: PasswordRing | null = null;
  #timers: readonly NodeJS.Timeout[] = [];
  #stopped: Promise<void> | null = null;

  constructor(parts: HostParts) {
    this.#parts = parts;
    this.home = homePaths(parts.settings.home);
    this.#failed = new Promise((settle) => (this.#fail = settle));
    this.#addresses = { trustDomain: "", custodianPort: 0, hasStandby: false, ...addressesIn(parts.settings) };
    this.#desk = new CertificateDesk(() => this.#custodians?.active ?? null, parts.now, parts.report);
  }

  /** Settles with the reason when something failed too often; nothing may be left running then. */
  get failed(): Promise<string> {
    return this.#failed;
  }

  /**
   * Starts everything, and founds the deployment at its first start. Done when the console answers.
   * @throws SallyportError whatever stands in the way; the caller then stops.
   */
  async start(): Promise<void> {
    const { settings, report } = this.#parts;
    await this.#begin();
    await assertPortFree(settings.apiPort, "SALLYPORT_API_PORT");
    await assertPortFree(settings.consolePort, "SALLYPORT_CONSOLE_PORT");
    await this.#startInner();
    await this.#foundOnce();
    await this.#keepProfiles();
    await this.#keepProcess("api");
    await this.#bringSubjectsOnce();
    await this.#keepProcess("console");
    await this.#keepProcess("egress");
    this.#beginRounds();
    for (const line of await this.#foundingLines()) report(line);
    report(`ready http://localhost:${settings.consolePort}`);
  }

  /**
   * Registers an operator's plan while nothing else runs: the database and the custodian are up for it alone.
   * @throws SallyportError as {@link start}, and what the registration refuses.
   */
  async setup(plan: OperatorPlan): Promise<void> {
    await this.#begin();
    await this.#startInner();
    await this.#found(foundingPlan(this.#addresses.trustDomain, plan.studies, plan.profiles));
    for (const { name } of plan.profiles) await this.#keepProfile(name);
    await this.#keepProfile(TERMINAL_PROFILE);
    this.#markFounded("plan");
  }

  /**
   * Starts the data zone's own part of a host that is cut into containers: prepares the given database, lets the custodian listen to
   * the others, founds the deployment, and keeps the identities of the api, the console and the profiles in their folders.
   * @throws SallyportError as {@link start}; `setting.invalid` without a database of its own, or with a demonstration study, which needs the api.
   */
  async startCustodian(): Promise<void> {
    const { databaseUrl, seed, consoleOrigin } = this.#parts.settings;
    if (databaseUrl === null) throw new SallyportError("setting.invalid", { setting: "SALLYPORT_DATABASE_URL", reason: "a zone of its own has no embedded database" });
    if (seed !== "none") throw new SallyportError("setting.invalid", { setting: "SALLYPORT_SEED", reason: "a zone of its own founds an empty deployment: use none" });
    if (consoleOrigin === null)
      throw new SallyportError("setting.invalid", { setting: "SALLYPORT_CONSOLE_ORIGIN", reason: "a zone of its own can't know where browsers find the console" });
    this.#addresses = { ...this.#addresses, custodianHost: "0.0.0.0" };
    await this.#begin();
    takeBack(this.home);
    await this.#startInner();
    await this.#foundOnce();
    await this.#keepProfiles();
    handOver(this.home, this.#addresses.trustDomain, this.#owners);
    this.#beginRounds();
    // What a container prints is kept in a log; so here it is only said that there are links, and the operator asks for them.
    const open = (await this.#foundingLines()).length;
    if (open > 0) this.#parts.report(`founding administrators: ${open} have yet to enrol; their links: node apps/host/dist/main.js founding`);
    this.#parts.report(`ready custodian of ${this.#addresses.trustDomain}`);
  }

  /** Stops everything in order: egress, console, api, custodian, database. Safe to call twice. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Ends everything at once; {@link stop} then ends soon. */
  hurry(): void {
    for (const keeper of [...this.#keepers].reverse()) keeper.kill();
  }

  async #stopAll(): Promise<void> {
    this.#stopping.abort();
    for (const timer of this.#timers) clearInterval(timer);
    await this.#passwords?.close();
    await this.#custodians?.stopWaiting();
    for (const keeper of [...this.#keepers].reverse()) await keeper.stop();
    await new Promise<void>((settle) => (this.#control === null ? settle() : this.#control.close(() => settle())));
    this.#release();
  }

  #beginRounds(): void {
    this.#timers = [setInterval(() => void this.#desk.renewDue(), RENEW_MS), setInterval(() => void this.#passwords?.round(), PASSWORDS_MS)];
  }

  async #begin(): Promise<void> {
    const { report, programs } = this.#parts;
    prepareHome(this.home);
    this.#release = await lockHome(this.home.lock);
    this.#owners = chooseOwners(this.home, programs.entries);
    if (this.#owners.kind === "one" && this.#owners.warning !== null) report(`warning: ${this.#owners.warning}`);
    applyOwners(this.home, this.#owners);
    this.#control = await serveControl(this.home, {
      status: () => this.status(),
      revoke: (name) => this.#revoke(name),
      founding: () => this.#foundingLines(),
      rotatePasswords: () => this.#passwords?.rotate("operator") ?? Promise.reject(new SallyportError("service.unavailable", { step: "starting" })),
    });
  }

  /** The database and the custodian, and the identities of the processes. */
  async #startInner(): Promise<void> {
    const { database, report } = this.#parts;
    const ownerUrl = await this.#startDatabase();
    this.#addresses = { ...this.#addresses, custodianPort: await custodianPort(this.home, this.#parts.settings.custodianPort) };
    const deployment = knownDeployment(this.home) ?? (await this.#firstDeployment(ownerUrl));
    this.#addresses = { ...this.#addresses, trustDomain: deployment.trustDomain, hasStandby: this.#parts.settings.standby };
    await database.migrate(ownerUrl, { deployment: deployment.deployment, log: (applied) => report(`database: ${applied}`) });
    this.#passwords = databasePasswords(this.home, this.#owners, { ...this.#parts, store: database.passwords(ownerUrl) });
    await this.#passwords.open();
    keepSecrets(this.home, this.#parts.settings, this.#owners);
    this.#goOn();
    this.#custodians = new Custodians({
      hasStandby: this.#parts.settings.standby,
      expected: deployment,
      keep: (name, launch) => this.#keeper(name, launch),
      launch: (name) => this.#startProcess("custodian", name),
      attach: (custodian) => this.#desk.attach(custodian),
      report,
    });
    await this.#custodians.start();
    for (const name of ["api", "console", "egress"] as const) {
      // The egress process listens to nobody, so its certificate is for no name.
      const dns = name === "egress" ? [] : ["localhost"];
      await this.#desk.keep({ name, spiffe: processId(deployment.trustDomain, name), dns, folder: join(this.home.identity, name), owner: ownerFor(this.#owners, name) });
    }
    this.#goOn();
  }

  async #startDatabase(): Promise<string> {
    const { settings, database, report } = this.#parts;
    if (settings.databaseUrl !== null) {
      await assertReachable(settings.databaseUrl, "SALLYPORT_DATABASE_URL");
      await database.assertSafe(settings.databaseUrl);
      return settings.databaseUrl;
    }
    assertFoundedDatabase(this.home);
    if (!existsSync(databaseFolder(this.home))) report("database: making a new one");
    const log = new ProcessLog(join(this.home.logs, "postgres.log"), this.#parts.now);
    let port: number | undefined;
    const keeper = this.#keeper("postgres", async () => {
      assertFoundedDatabase(this.home);
      const server = await startPostgres({ dataDir: this.home.postgres, ...(port !== undefined && { port }), log: (line) => log.postgres(line) });
      port = server.port;
      return { ...asRunning(server), url: server.url };
    });
    const { url } = await keeper.start();
    await database.assertSafe(url);
    this.#goOn();
    return url;
  }

  /** Which deployment this is, the custodian alone knows; at the first start it is asked before there is a schema. */
  async #firstDeployment(ownerUrl: string): Promise<Deployment> {
    const placeholder = new URL(ownerUrl);
    placeholder.username = "sallyport_custodian";
    placeholder.password = "not-yet-provisioned";
    writePrivate(databaseUrlFile(this.home, "custodian"), `${placeholder.href}\n`, ownerFor(this.#owners, "custodian"));
    const custodian = await this.#startProcess("custodian");
    const deployment = deploymentOf(custodian.hello);
    await custodian.stop();
    keepDeployment(this.home, deployment);
    return deployment;
  }

  async #foundOnce(): Promise<void> {
    const known = knownFounding(this.home);
    if (known !== null) return this.#registerEgress(known);
    const { seed } = this.#parts.settings;
    const { trustDomain } = this.#addresses;
    this.#parts.report(seed === "synthetic" ? "founding: a demonstration study, and the sites of the CDISC pilot" : "founding: nothing is registered yet; see sallyport setup");
    await this.#found(seed === "synthetic" ? syntheticPlan(trustDomain) : foundingPlan(trustDomain, [], []));
    if (seed === "synthetic") for (const { name } of LOCAL_PROFILES) writeProfile(this.home, name, trustDomain, this.#addresses.apiPort);
    this.#markFounded(seed);
  }

  async #found(plan: FoundingPlan): Promise<void> {
    const start = {
      name: "setup",
      command: this.#parts.programs.setup,
      env: environmentOf("api", this.home, this.#addresses),
      owner: ownerFor(this.#owners, "api"),
      log: new ProcessLog(join(this.home.logs, "setup.log"), this.#parts.now),
    };
    await runOnce(start, JSON.stringify(plan), this.#stopping.signal);
    this.#goOn();
  }

  /** A deployment that was founded before there was an egress process has it from its next start on. */
  async #registerEgress(founding: Founding): Promise<void> {
    if (founding.hasEgress === true) return;
    await this.#found(foundingPlan(this.#addresses.trustDomain, [], []));
    keepFounding(this.home, { ...founding, hasEgress: true });
  }

  #markFounded(seed: "synthetic" | "none" | "plan"): void {
    keepFounding(this.home, { seed, at: new Date(this.#parts.now()).toISOString(), awaitsSubjects: seed === "synthetic", hasEgress: true });
  }

  async #bringSubjectsOnce(): Promise<void> {
    const founding = knownFounding(this.home);
    if (founding?.awaitsSubjects !== true) return;
    await this.#parts.bringSubjects(this.home);
    this.#goOn();
    keepFounding(this.home, { ...founding, awaitsSubjects: false });
  }

  async #keepProfiles(): Promise<void> {
    for (const name of new Set([...profileNames(this.home), TERMINAL_PROFILE])) await this.#keepProfile(name);
  }

  #foundingLines(): Promise<readonly string[]> {
    return this.#desk.foundingLines(this.#addresses.consoleOrigin);
  }

  async #keepProfile(name: string): Promise<void> {
    const identity = writeProfile(this.home, name, this.#addresses.trustDomain, this.#addresses.apiPort);
    if (revokedNames(this.home).includes(name)) return;
    try {
      await this.#desk.keep(identity);
    } catch (error) {
      // One that the custodian revoked and this home doesn't know of, as after a restore, must not keep the others from starting.
      if (!(error instanceof SallyportError) || error.code !== "workload.revoked") throw error;
      this.#letGo(name);
      this.#parts.report(`profile ${name} is revoked: it gets no certificate`);
    }
  }

  async #keepProcess(name: "api" | "console" | "egress"): Promise<void> {
    await this.#keeper(name, () => this.#startProcess(name)).start();
    this.#goOn();
  }

  #startProcess(name: ProcessName, as: string = name): Promise<ReadyProcess> {
    const { programs, readyMs, graceMs, now } = this.#parts;
    return startProcess({
      name: as,
      command: programs.processes[name],
      env: environmentOf(name, this.home, this.#addresses),
      owner: ownerFor(this.#owners, name),
      log: new ProcessLog(join(this.home.logs, `${as}.log`), now),
      signal: this.#stopping.signal,
      ...(readyMs !== undefined && { readyMs }),
      ...(graceMs !== undefined && { graceMs }),
    });
  }

  #keeper<R extends Running>(name: string, launch: () => Promise<R>): Keeper<R> {
    const { report, limits } = this.#parts;
    const timed = async (): Promise<R> => {
      const begun = performance.now();
      const running = await launch();
      report(`${name}: running (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
      return running;
    };
    const keeper = new Keeper(name, timed, { report, gaveUp: (reason) => this.#fail(reason), now: () => performance.now(), describe: failureText }, limits ?? KEEPER_LIMITS);
    this.#keepers.push(keeper);
    return keeper;
  }

  async #revoke(name: string): Promise<void> {
    if (!profileNames(this.home).includes(name)) throw new SallyportError("input.not_found", { found: name });
    await this.#desk.revoke(serviceId(this.#addresses.trustDomain, name));
    this.#letGo(name);
  }

  #letGo(name: string): void {
    addRevoked(this.home, name);
    this.#desk.drop(join(this.home.profiles, name));
  }

  /** What runs, since when, and how long each certificate is good. */
  status(): HostStatus {
    return statusOf({ addresses: this.#addresses, keepers: this.#keepers, custodians: this.#custodians, desk: this.#desk, home: this.home, passwords: this.#passwords });
  }

  #goOn(): void {
    if (this.#stopping.signal.aborted) throw new SallyportError("service.stopping");
  }
}
