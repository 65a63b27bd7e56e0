import type { ShredStore } from "@sallyport/phi";
import type { Database, Tx } from "./database.ts";
import { enterGrant, withGrant } from "./site-context.ts";

interface ScopeRow {
  readonly study: string;
  readonly label: string;
  readonly wrapped: string;
  readonly retained_until: string | null;
  readonly undecided: number;
  readonly mixed: number;
  readonly packets: string;
  readonly elsewhere: number;
}

interface ShredRow {
  readonly approval: string;
  readonly at_ms: string;
  readonly destroyed_at_ms: string | null;
  readonly requested_by: string;
  readonly approved_by: string;
  readonly packets: number;
}

const listed = (text: string): readonly string[] => (text === "" ? [] : text.split("\n"));

/** Shreds in Postgres, all by functions of the owner's: a request's approval is looked up there again. */
export function shredStore(database: Database): ShredStore<Tx> {
  return {
    async scope(tx, grant, id) {
      grant?.assert("subject.withdraw", "approval.decide");
      if (grant !== null) await enterGrant(tx, grant);
      const [row] = await tx<ScopeRow>`SELECT study, label, wrapped, retained_until, undecided, mixed, packets, elsewhere FROM phi.shred_scope(${id})`;
      if (row === undefined) return null;
      const { retained_until: retainedUntil, packets, ...scope } = row;
      return { ...scope, retainedUntil, packets: listed(packets) };
    },

    async shred(tx, { subject, approval, packets, atMs }) {
      const [row] = await tx<{ done: boolean }>`SELECT phi.shred_subject(${subject}, ${approval}, ${packets.join("\n")}, ${atMs}::bigint) AS done`;
      return row?.done === true;
    },

    async of(grant, id) {
      grant.assert("subject.read");
      return withGrant(database, grant, async (tx) => {
        const [row] = await tx<ShredRow>`SELECT approval, at_ms, destroyed_at_ms, requested_by, approved_by, packets FROM phi.shred_of(${id})`;
        if (row === undefined) return null;
        const { approval, at_ms, destroyed_at_ms, requested_by: requestedBy, approved_by, packets } = row;
        return { approval, atMs: Number(at_ms), destroyedAtMs: destroyed_at_ms === null ? null : Number(destroyed_at_ms), requestedBy, approvedBy: listed(approved_by), packets };
      });
    },

    async due(limit, after) {
      const rows = await database.run<{ subject: string; approval: string; statement: string; packets: string; at_ms: string }>`
        SELECT subject, approval, statement, packets, at_ms FROM phi.shreds_due(${limit}, ${after?.atMs ?? 0}::bigint, ${after?.subject ?? ""})`;
      return rows.map(({ at_ms, packets, ...row }) => ({ ...row, packets: listed(packets), atMs: Number(at_ms) }));
    },

    async carriedOut(subject, atMs) {
      const [row] = await database.run<{ done: boolean }>`SELECT phi.shred_carried_out(${subject}, ${atMs}::bigint) AS done`;
      return row?.done === true;
    },
  };
}
