import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GroupCommitTrail } from "@sallyport/audit";
import { connectCustodian } from "@sallyport/custody";
import { connectDatabase, trailStore, type Tx } from "@sallyport/db";
import { IdentityFolder } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import type { BenchDeployment } from "./deployment.ts";

/** The trail as the api has it: its role, its certificate, its group commit. */
export async function openTrail({ home, host }: BenchDeployment): Promise<{ append: GroupCommitTrail<Tx>["append"]; close(): Promise<void> }> {
  const { trustDomain } = host.status();
  const folder = new IdentityFolder(join(home.identity, "api"), {});
  const custodian = connectCustodian({
    host: "127.0.0.1",
    port: Number(readFileSync(home.custodianPort, "utf8")),
    identity: folder,
    custodianSpiffe: processId(trustDomain, "custodian"),
  });
  const database = connectDatabase({ url: readFileSync(join(home.secrets, "api.database-url"), "utf8").trim(), max: 12, applicationName: "sallyport-bench", lanes: 1 });
  const trail = new GroupCommitTrail<Tx>({ store: trailStore(database), sealer: custodian, deployment: trustDomain.split(".")[0] ?? "", now: Date.now });
  return {
    append: (draft) => trail.append(draft),
    async close() {
      await trail.close();
      custodian.close();
      folder.close();
      await database.close();
    },
  };
}
