import { type GroupCommitLimits, GroupCommitTrail, type RecordDraft, type TrailStore } from "@sallyport/audit";
import { testDatabase } from "@sallyport/embedded-postgres/testing";
import { Connection } from "./connection.ts";
import { parseDatabaseUrl } from "./connection-settings.ts";
import { connectDatabase, type Database, type Tx } from "./database.ts";
import { migrate } from "./migrate.ts";
import { provisionRoles, restrictDatabase } from "./roles.ts";
import { localSealer } from "./testing-sealer.ts";
import { trailStore } from "./trail-store.ts";

export { localSealer, TEST_AUDIT_KEY } from "./testing-sealer.ts";

/** The deployment that test databases belong to. */
export const TEST_DEPLOYMENT = "dtestdeployment";

/** A migrated database of a test's own. */
export interface MigratedDatabase {
  readonly ownerUrl: string;
  readonly apiUrl: string;
  readonly custodianUrl: string;
  /** Removes it, whoever is still connected. */
  readonly drop: () => Promise<void>;
}

/** Makes a database with this version's schema and roles, from a template that is migrated once in a test run. */
export async function migratedDatabase(): Promise<MigratedDatabase> {
  const { url, urls, drop } = await testDatabase({
    name: "sallyport",
    async prepare(ownerUrl) {
      await migrate(ownerUrl, { deployment: TEST_DEPLOYMENT });
      return { ...(await provisionRoles(ownerUrl)) };
    },
  });
  // A database's own rights are not copied from its template.
  const connection = new Connection(parseDatabaseUrl(url), "sallyport-test", 10_000);
  await restrictDatabase(connection);
  await connection.close();
  return { ownerUrl: url, apiUrl: urls["apiUrl"] ?? "", custodianUrl: urls["custodianUrl"] ?? "", drop };
}

/** A trail of a test's own: over the api's role, sealed in this process, with `system` open. */
export interface TestTrail {
  readonly database: Database;
  readonly store: TrailStore<Tx>;
  readonly trail: GroupCommitTrail<Tx>;
  readonly close: () => Promise<void>;
}

/** Opens a trail with a pool of its own. */
export async function testTrail(apiUrl: string, limits: Partial<GroupCommitLimits> = {}): Promise<TestTrail> {
  const database = connectDatabase({ url: apiUrl, max: 8, applicationName: "test" });
  const store = trailStore(database);
  const trail = new GroupCommitTrail<Tx>({ store, sealer: localSealer(TEST_DEPLOYMENT), deployment: TEST_DEPLOYMENT, now: Date.now, probeMs: 100, limits });
  await database.transaction((tx) => store.openChain(tx, "system"));
  const close = async (): Promise<void> => {
    await trail.close();
    await database.close();
  };
  return { database, store, trail, close };
}

/** A draft for `system`, or for another chain. */
export const testDraft = (requestId: string, chain = "system"): RecordDraft => ({
  chain,
  principal: "prn_test",
  role: "tester",
  workload: "test",
  action: "subject.read",
  resource: "ref:test",
  site: chain === "system" ? "-" : chain.slice("site:".length),
  decision: "allow",
  reason: "-",
  request_id: requestId,
  policy: "-",
  detail: "-",
});
