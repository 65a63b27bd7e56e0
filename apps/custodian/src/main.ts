import { mkdirSync } from "node:fs";
import { openFoundingLinks } from "@sallyport/custody/credentials";
import { BEAT_MS, type BeatingLock, lockStore, type StandbyStanding, whenFree } from "@sallyport/custody/journal";
import { assertOpenable } from "@sallyport/custody/roots";
import { codeOf, SallyportError } from "@sallyport/errors";
import { shippedProfileDigests } from "@sallyport/phi/shipped-profiles";
import { starterPolicyDigest } from "@sallyport/policy";
import { openCustodian, type RunningCustodian } from "./custodian.ts";
import { listen } from "./listener.ts";
import { readDatabaseUrl, readSettings } from "./settings.ts";
import { serveSupervisor } from "./supervisor.ts";
import { openTrail } from "./trail-reader.ts";
import { workerRunner } from "./verify-runner.ts";

const EPOCH_MS = 1_000;

const log = (event: string, facts: Readonly<Record<string, unknown>> = {}): void =>
  void process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...facts })}\n`);
const send = (message: Readonly<Record<string, unknown>>): void => void process.send?.(message);

/** A failure's code and ids, never its text or cause. */
const factsOf = (error: unknown): Readonly<Record<string, unknown>> => ({ code: codeOf(error), ...(error instanceof SallyportError && { context: error.context }) });

function die(event: string, error: unknown): never {
  log(event, factsOf(error));
  process.exit(1);
}

/** One that waits has nothing to bring to an end. */
let stop = (_why: string): void => process.exit(0);

process.once("SIGTERM", () => stop("SIGTERM"));
process.once("SIGINT", () => stop("SIGINT"));
process.once("disconnect", () => stop("supervisor gone"));
process.on("uncaughtException", (error) => die("custodian.crashed", error));
process.on("unhandledRejection", (error) => die("custodian.crashed", error));
/** Another has the store: nothing of this one may leave any more, not even what it has in hand. */
const fenced = (error: unknown): never => die("custodian.fenced", error);

try {
  const { home, host, port, databaseUrlFile, party, wrapper, archiveAfterDays, standby } = readSettings();
  const reader = openTrail(() => readDatabaseUrl(databaseUrlFile), "sallyport-custodian");
  const open = async (lock: BeatingLock): Promise<RunningCustodian> => {
    const custodian = await openCustodian({
      home,
      wrapper,
      now: Date.now,
      onFailure: (error) => die("store.failed", error),
      reader,
      runDeeply: workerRunner(databaseUrlFile),
      starterPolicyDigest,
      shippedProfileDigests,
      party,
      archiveAfterDays,
      lock: () => lock,
      ...(standby && { epochs: reader.epochs }),
    });
    setInterval(() => {
      try {
        lock.beat();
      } catch (error) {
        fenced(error);
      }
    }, BEAT_MS).unref();
    return custodian;
  };
  const check = async (): Promise<void> => {
    assertOpenable(home, wrapper);
    await reader.epochs.last();
  };
  let logged = "";
  const tell = (standing: StandbyStanding): void => {
    if (logged !== JSON.stringify(standing)) log("custodian.standby", { ...standing });
    logged = JSON.stringify(standing);
    send({ type: "standby", ...standing });
  };
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const custodian = await (standby ? whenFree({ home, check, open, tell, taking: () => send({ type: "taking" }) }) : open(lockStore(home)));
  const { deployment, trustDomain, fingerprint, certificates, handle, store } = custodian;
  // The supervisor has to know the deployment before there is a schema to connect to.
  send({ type: "hello", deployment, trustDomain, fingerprint });
  const listener = await listen({ host, port, trustDomain, certificates, handle, now: Date.now });

  stop = (why) => {
    log("custodian.stopping", { why });
    listener.close();
    custodian.close().then(
      () => process.exit(0),
      (error: unknown) => die("store.failed", error),
    );
  };
  // A store of the same number elsewhere has its own lock; what both have is the database.
  const compare = (last: number): unknown => (standby ? last > store.epoch && fenced(new SallyportError("custodian.fenced", { epoch: store.epoch, last })) : store.adopt(last));
  const compared = (): Promise<unknown> => reader.epochs.last().then(compare, () => undefined);
  if (standby) setInterval(() => void compared(), EPOCH_MS).unref();
  else void compared();
  serveSupervisor(
    { send, onMessage: (listener) => process.on("message", listener) },
    certificates,
    () => openFoundingLinks(store),
    () => store.assertHeld(),
  );
  log("custodian.ready", { deployment, port: listener.port });
  send({ type: "ready", deployment, trustDomain, fingerprint, port: listener.port });
} catch (error) {
  send({ type: "failed", ...factsOf(error) });
  die("custodian.refused", error);
}
