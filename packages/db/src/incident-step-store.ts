import { SallyportError } from "@sallyport/errors";
import type { IncidentStep, IncidentStepStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface StoredStep {
  readonly step: IncidentStep;
  readonly principal: string;
  readonly at_ms: string;
  readonly id: string;
  readonly sealed: string;
  readonly commitment: string;
  readonly evidence_sha256: string | null;
  readonly evidence_bytes: string | null;
}

/** Steps of incidents in Postgres: append-only, under row security. */
export function incidentStepStore(database: Database): IncidentStepStore<Tx> {
  return {
    async of(grant, incident) {
      grant.assert("trail.read");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredStep>`
          SELECT s.step, s.principal, s.at_ms, t.id, t.sealed, t.commitment, s.evidence_sha256, s.evidence_bytes
            FROM audit.incident_steps s JOIN audit.incident_step_texts(${incident}) t ON t.id = s.note WHERE s.incident = ${incident} ORDER BY s.n`;
        return rows.map(({ step, principal, at_ms, evidence_sha256: sha256, evidence_bytes: bytes, ...note }) => ({
          step,
          principal,
          atMs: Number(at_ms),
          note,
          evidence: sha256 === null ? null : { sha256, bytes: Number(bytes) },
        }));
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
