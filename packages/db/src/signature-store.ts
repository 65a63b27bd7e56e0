import { SallyportError } from "@sallyport/errors";
import type { SignatureStore, StandingSignature } from "@sallyport/phi";
import type { Database, Tx } from "./database.ts";
import { isSqlState } from "./database-failure.ts";
import { enterGrant } from "./site-context.ts";

interface StoredSignature extends Omit<StandingSignature, "atMs" | "supersededBy" | "revoked"> {
  readonly at_ms: string;
  readonly superseded_by: string | null;
  readonly revoked_by: string;
  readonly revoked_at_ms: string | null;
}

/** Signatures in Postgres: added, and nothing else (0036-signatures.sql). */
export function signatureStore(database: Database): SignatureStore<Tx> {
  return {
    async of(tx, grant, document) {
      grant.assert("document.read", "submission.sign", "submission.assemble", "submission.submit");
      await enterGrant(tx, grant);
      const rows = await tx<StoredSignature>`
        SELECT s.id, s.document, s.version, s.person, s.principal, s.meaning, s.method, s.manifest, s.digest, s.assertion, s.note, s.supersedes, s.request, s.at_ms,
               n.id AS superseded_by, r.principal AS revoked_by, r.at_ms AS revoked_at_ms
          FROM phi.signatures s LEFT JOIN phi.signatures n ON n.supersedes = s.id LEFT JOIN phi.signature_revocations r ON r.signature = s.id
         WHERE s.document = ${document} ORDER BY s.at_ms, s.id`;
      return rows.map(({ at_ms, superseded_by: supersededBy, revoked_by, revoked_at_ms, ...row }) => ({
        ...row,
        atMs: Number(at_ms),
        supersededBy,
        revoked: revoked_at_ms === null ? null : { principal: revoked_by, atMs: Number(revoked_at_ms) },
      }));
    },

    async insert(tx, grant, { id, document, version, person, meaning, method, manifest, digest, assertion, note, supersedes, request, atMs }) {
      grant.assert("submission.sign");
      await enterGrant(tx, grant);
      try {
        await tx`
          INSERT INTO phi.signatures (id, document, version, person, principal, meaning, method, manifest, digest, assertion, note, supersedes, request, at_ms)
          VALUES (${id}, ${document}, ${version}, ${person}, ${grant.principal}, ${meaning}, ${method}, ${manifest}, ${digest}, ${assertion}, ${note}, ${supersedes},
                  ${request}, ${atMs})`;
      } catch (error) {
        if (isSqlState(error, "23505")) throw new SallyportError(supersedes === null ? "signature.challenge" : "signature.state");
        throw error;
      }
    },

    async revoke(tx, grant, signature, { reason, atMs }) {
      grant.assert("submission.sign");
      await enterGrant(tx, grant);
      try {
        await tx`
          INSERT INTO phi.signature_revocations (signature, person, principal, reason, at_ms) VALUES (${signature}, ${grant.person}, ${grant.principal}, ${reason}, ${atMs})`;
      } catch (error) {
        if (isSqlState(error, "23505")) throw new SallyportError("signature.state");
        throw error;
      }
    },

    async handedOut(tx, grant, { document, version, session, from, bytes, atMs }) {
      grant.assert("document.read");
      await enterGrant(tx, grant);
      await tx`
        INSERT INTO phi.document_views (document, version, session, from_byte, bytes, at_ms) VALUES (${document}, ${version}, ${session}, ${from}, ${bytes}, ${atMs})
        ON CONFLICT (document, version, session, from_byte) DO NOTHING`;
    },

    async shown(tx, grant, document, session) {
      grant.assert("document.read", "submission.sign");
      await enterGrant(tx, grant);
      const rows = await tx<{ version: number; bytes: string }>`
        SELECT v.version, sum(v.bytes) AS bytes FROM phi.document_views v WHERE v.document = ${document} AND v.session = ${session} GROUP BY v.version`;
      return new Map(rows.map(({ version, bytes }) => [version, Number(bytes)]));
    },

    async records(tx, grant, signature) {
      grant.assert("document.read", "submission.assemble", "submission.submit");
      await enterGrant(tx, grant);
      const rows = await tx<{ chain: string; generation: number; seq: string; body: string; mac: Buffer }>`
        SELECT chain, generation, seq, body, mac FROM audit.signature_records(${signature})`;
      return rows.map(({ seq, mac, ...row }) => ({ ...row, seq: Number(seq), mac: mac.toString("hex") }));
    },

    async acceptedAt(person, statement) {
      const [row] = await database.run<{ at_ms: string }>`SELECT at_ms FROM people.accountability WHERE person = ${person} AND statement = ${statement}`;
      return row === undefined ? null : Number(row.at_ms);
    },

    async accept(tx, person, statement, atMs) {
      await tx`INSERT INTO people.accountability (person, statement, at_ms) VALUES (${person}, ${statement}, ${atMs}) ON CONFLICT (person, statement) DO NOTHING`;
    },
  };
}
