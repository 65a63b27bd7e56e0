import { readFileSync } from "node:fs";
import { join } from "node:path";
import { GroupCommitTrail } from "@sallyport/audit";
import { connectCustodian } from "@sallyport/custody";
import { connectDatabase, trailStore, type Tx } from "@sallyport/db";
import { IdentityFolder } from "@sallyport/pki";
import { processId } from "@sallyport/zones";
import { appendBaselines } from "./append-baselines.ts";
import { closedLoop } from "./closed-loop.ts";
import { type BenchDeployment, layOut } from "./deployment.ts";
import { type Figure, figureOf } from "./figure.ts";
import { interleave } from "./interleave.ts";
import { sampleDraft } from "./sample-record.ts";

const ROUNDS = 5;
const CALLERS = [1, 16, 64] as const;
const GOALS = { single: { 1: null, 16: null, 64: 3 }, locked: { 1: null, 16: null, 64: 40 } } as const;

/** Durable appends to one chain, sealed by a custodian process, against what a database does without group commit. */
export async function measureAppend(): Promise<readonly Figure[]> {
  const deployment = await layOut({ seed: "none", programs: {}, bringSubjects: () => Promise.resolve() });
  try {
    // The database and the custodian, founded, with nobody else appending.
    await deployment.host.setup({ studies: [], profiles: [] });
    const trail = await openTrail(deployment);
    const figures: Figure[] = [];
    for (const callers of CALLERS) {
      const baselines = await appendBaselines(deployment.ownerUrl(), callers);
      const results = await interleave(ROUNDS, {
        sealed: () => closedLoop(callers, () => trail.append(sampleDraft())),
        single: () => closedLoop(callers, baselines.single),
        locked: () => closedLoop(callers, baselines.locked),
      });
      await baselines.close();
      figures.push(
        figureOf(
          { name: `append.${callers}.single-row`, against: `single-row commits without a chain, ${callers} callers`, goal: GOALS.single[callers] },
          results.sealed,
          results.single,
        ),
        figureOf(
          { name: `append.${callers}.locked`, against: `a transaction and a row lock per append, ${callers} callers`, goal: GOALS.locked[callers] },
          results.sealed,
          results.locked,
        ),
      );
    }
    await trail.close();
    return figures;
  } finally {
    await deployment.remove();
  }
}

/** The trail as the api has it: its role, its certificate, its group commit. */
async function openTrail({ home, host }: BenchDeployment): Promise<{ append: GroupCommitTrail<Tx>["append"]; close(): Promise<void> }> {
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
