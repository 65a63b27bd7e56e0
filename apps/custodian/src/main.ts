import { openFoundingLinks } from "@sallyport/custody/credentials";
import { codeOf, SallyportError } from "@sallyport/errors";
import { shippedProfileDigests } from "@sallyport/phi/shipped-profiles";
import { starterPolicyDigest } from "@sallyport/policy";
import { openCustodian } from "./custodian.ts";
import { listen } from "./listener.ts";
import { readDatabaseUrl, readSettings } from "./settings.ts";
import { serveSupervisor } from "./supervisor.ts";
import { openTrail } from "./trail-reader.ts";
import { workerRunner } from "./verify-runner.ts";

const log = (event: string, facts: Readonly<Record<string, unknown>> = {}): void =>
  void process.stderr.write(`${JSON.stringify({ at: new Date().toISOString(), event, ...facts })}\n`);
const send = (message: Readonly<Record<string, unknown>>): void => void process.send?.(message);

/** A failure's code and ids, never its text or cause. */
const factsOf = (error: unknown): Readonly<Record<string, unknown>> => ({ code: codeOf(error), ...(error instanceof SallyportError && { context: error.context }) });

function die(event: string, error: unknown): never {
  log(event, factsOf(error));
  process.exit(1);
}

process.on("uncaughtException", (error) => die("custodian.crashed", error));
process.on("unhandledRejection", (error) => die("custodian.crashed", error));
try {
  const { home, host, port, databaseUrlFile, party, wrapper, archiveAfterDays } = readSettings();
  const custodian = await openCustodian({
    home,
    wrapper,
    now: Date.now,
    onFailure: (error) => die("store.failed", error),
    reader: openTrail(() => readDatabaseUrl(databaseUrlFile), "sallyport-custodian"),
    runDeeply: workerRunner(databaseUrlFile),
    starterPolicyDigest,
    shippedProfileDigests,
    party,
    archiveAfterDays,
  });
  const { deployment, trustDomain, fingerprint, certificates, handle, store } = custodian;
  // The supervisor has to know the deployment before there is a schema to connect to.
  send({ type: "hello", deployment, trustDomain, fingerprint });
  const listener = await listen({ host, port, trustDomain, certificates, handle, now: Date.now });

  const stop = (why: string): void => {
    log("custodian.stopping", { why });
    listener.close();
    custodian.close().then(
      () => process.exit(0),
      (error: unknown) => die("store.failed", error),
    );
  };
  process.once("SIGTERM", () => stop("SIGTERM"));
  process.once("SIGINT", () => stop("SIGINT"));
  process.once("disconnect", () => stop("supervisor gone"));
  serveSupervisor({ send, onMessage: (listener) => process.on("message", listener) }, certificates, () => openFoundingLinks(store));
  log("custodian.ready", { deployment, port: listener.port });
  send({ type: "ready", deployment, trustDomain, fingerprint, port: listener.port });
} catch (error) {
  send({ type: "failed", ...factsOf(error) });
  die("custodian.refused", error);
}
