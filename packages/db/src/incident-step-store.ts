import { SallyportError } from "@sallyport/errors";
import type { IncidentStep, IncidentStepStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";
import { stepOf, type StoredStep } from "./stored-step.ts";

/** Steps of incidents in Postgres: append-only, under row security. */
export function incidentStepStore(database: Database): IncidentStepStore<Tx> {
  return {
    async of(grant, incident) {
      grant.assert("trail.read");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredStep<IncidentStep>>`
          SELECT s.step, s.principal, s.at_ms, t.id, t.sealed, t.commitment, s.evidence_sha256, s.evidence_bytes
            FROM audit.incident_steps s JOIN audit.incident_step_texts(${incident}) t ON t.id = s.note WHERE s.incident = ${incident} ORDER BY s.n`;
        return rows.map(stepOf);
      });
    },

    async add(tx, grant, { incident, chain, step, note, atMs, evidence }) {
      grant.assert("trail.verify");
      await enterGrant(tx, grant);
      try {
        await tx`
          INSERT INTO audit.incident_steps (incident, n, chain, step, principal, note, at_ms, evidence_sha256, evidence_bytes)
          SELECT ${incident}, coalesce(max(s.n), 0) + 1, ${chain}, ${step}, ${grant.principal}, ${note}, ${atMs}::bigint,
                 ${evidence?.sha256 ?? null}::text, ${evidence?.bytes ?? null}::bigint
            FROM audit.incident_steps s WHERE s.incident = ${incident}`;
      } catch (error) {
        throw isSqlState(error, "23505") ? new SallyportError("service.busy", {}, error) : error;
      }
    },
  };
}
