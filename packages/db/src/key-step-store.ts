import { SallyportError } from "@sallyport/errors";
import type { KeyStep, KeyStepStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant, withGrant } from "./site-context.ts";
import { stepOf, type StoredStep } from "./stored-step.ts";

/** What persons said of turns of keys, in Postgres: append-only, under row security. */
export function keyStepStore(database: Database): KeyStepStore<Tx> {
  return {
    async of(grant, turn) {
      grant.assert("keys.read");
      return withGrant(database, grant, async (tx) => {
        const rows = await tx<StoredStep<KeyStep>>`
          SELECT s.step, s.principal, s.at_ms, t.id, t.sealed, t.commitment, s.evidence_sha256, s.evidence_bytes
            FROM audit.key_steps s JOIN audit.key_step_texts(${turn}) t ON t.id = s.note WHERE s.turn = ${turn} ORDER BY s.n`;
        return rows.map(stepOf);
      });
    },

    async add(tx, grant, { turn, step, note, atMs, evidence }) {
      grant.assert("keys.rotate");
      await enterGrant(tx, grant);
      try {
        await tx`
          INSERT INTO audit.key_steps (turn, n, step, principal, note, at_ms, evidence_sha256, evidence_bytes)
          SELECT ${turn}, coalesce(max(s.n), 0) + 1, ${step}, ${grant.principal}, ${note}, ${atMs}::bigint, ${evidence?.sha256 ?? null}::text, ${evidence?.bytes ?? null}::bigint
            FROM audit.key_steps s WHERE s.turn = ${turn}`;
      } catch (error) {
        throw isSqlState(error, "23505") ? new SallyportError("service.busy", {}, error) : error;
      }
    },
  };
}
