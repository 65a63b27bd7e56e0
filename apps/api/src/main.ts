import { readFileSync } from "node:fs";
import { connectCustodian } from "@sallyport/custody";
import { assertSchema, connectDatabase } from "@sallyport/db";
import { codeOf, SallyportError } from "@sallyport/errors";
import { IdentityFolder } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { ApiProcess } from "./process.ts";
import { readSettings } from "./settings.ts";
import { readPlan, setup } from "./setup.ts";

const MEET_CUSTODIAN_MS = 20_000;
const CLOSE_MS = 10_000;

/** What starts the process may end it by going away: it must not outlive its supervisor. */
function tellSupervisor(message: object): void {
  process.send?.(message);
}

async function main(mode: "serve" | "setup"): Promise<void> {
  const settings = readSettings();
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
  const folder = new IdentityFolder(settings.identityDir, {});
  const database = connectDatabase({ url: settings.databaseUrl, max: 12, applicationName: "sallyport-api", lanes: 1 });
  const custodian = connectCustodian({ ...settings.custodian, identity: folder, custodianSpiffe: processId(settings.trustDomain, "custodian") });
  const api = new ApiProcess({
    database,
    custodian,
    identity: () => folder.current(),
    trustDomain: settings.trustDomain,
    version,
    consoleOrigin: settings.consoleOrigin,
    provider: settings.provider,
    anchors: settings.anchors,
    alerts: settings.alerts,
    spool: settings.spool,
    now: Date.now,
    write: (line) => process.stdout.write(line),
  });
  const end = async (code: number) => {
    await api.close(CLOSE_MS).catch(() => undefined);
    custodian.close();
    folder.close();
    await database.close();
    process.exit(code);
  };
  const { deployment } = await api.meetCustodian(MEET_CUSTODIAN_MS);
  await assertSchema(database, deployment);
  if (mode === "setup") {
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
        custodian,
      },
      readPlan(readFileSync(0, "utf8")),
    );
    return end(0);
  }
  folder.onChange(() => api.renewIdentity());
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void end(0));
  process.once("disconnect", () => void end(0));
  const port = await api.listen(settings.port, settings.host);
  tellSupervisor({ type: "ready", port });
}

main(process.argv[2] === "setup" ? "setup" : "serve").catch((error: unknown) => {
  const context = error instanceof SallyportError ? error.context : {};
  process.stderr.write(`${JSON.stringify({ event: "start.failed", code: codeOf(error), ...context })}\n`);
  tellSupervisor({ type: "failed", code: codeOf(error), context });
  process.exit(1);
});
