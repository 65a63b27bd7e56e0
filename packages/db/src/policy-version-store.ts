import { SallyportError } from "@sallyport/errors";
import type { PolicyChangeRow, PolicyProposalRow, PolicyVersionRow, PolicyVersionStore } from "@sallyport/policy";
import type { Database, Tx } from "./database.ts";

/** Big integers come as text. */
type Texts<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]: string | Extract<T[P], null> };
type ProposalRow = Texts<PolicyProposalRow, "proposedAtMs" | "approvalExpiresAtMs">;
type ChangeRow = Texts<PolicyChangeRow, "effectiveAtMs" | "settledAtMs">;
type VersionRow = Omit<PolicyVersionRow, "storedAtMs" | "change"> & { readonly storedAtMs: string; readonly change: PolicyChangeRow | null };

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));
const proposalOf = (row: ProposalRow): PolicyProposalRow => ({ ...row, proposedAtMs: Number(row.proposedAtMs), approvalExpiresAtMs: numberOf(row.approvalExpiresAtMs) });
const versionOf = (row: VersionRow): PolicyVersionRow => ({ ...row, storedAtMs: Number(row.storedAtMs) });

/** Proposals and versions of the policy in Postgres. Each move of the active version moves the epoch by a trigger. */
export function policyVersionStore(database: Database): PolicyVersionStore<Tx> {
  const proposalsBy = (run: Tx, id: string | null, limit: number): Promise<readonly ProposalRow[]> => run<ProposalRow>`
    SELECT p.id, p.digest, p.canonical, p.suite, p.base, p.proposed_by AS "proposedBy", p.proposed_at_ms AS "proposedAtMs", p.approval,
           s.state AS "approvalState", s.expires_at_ms AS "approvalExpiresAtMs"
      FROM policy.proposals p LEFT JOIN policy.approval_states() s ON s.id = p.approval
     WHERE ${id}::text IS NULL OR p.id = ${id}
     ORDER BY p.proposed_at_ms DESC, p.id DESC LIMIT ${limit}`;
  const versionsBy = (version: number | null): Promise<readonly VersionRow[]> => database.run<VersionRow>`
    SELECT v.version, v.canonical, floor(extract(epoch FROM v.stored_at) * 1000)::bigint AS "storedAtMs", v.version = a.version AS "isActive", p.suite,
           CASE WHEN c.version IS NULL THEN NULL ELSE json_build_object('version', c.version, 'base', c.base, 'proposal', c.proposal, 'approval', c.approval,
             'effectiveAtMs', c.effective_at_ms, 'settledAtMs', c.settled_at_ms, 'outcome', c.outcome) END AS change
      FROM policy.versions v CROSS JOIN policy.active a
      LEFT JOIN policy.changes c ON c.version = v.version LEFT JOIN policy.proposals p ON p.id = c.proposal
     WHERE ${version}::integer IS NULL OR v.version = ${version}
     ORDER BY v.version DESC`;

  return {
    proposals: async (limit) => (await proposalsBy(database.run, null, limit)).map(proposalOf),
    proposal: async (id) => (await proposalsBy(database.run, id, 1)).map(proposalOf)[0] ?? null,
    proposalIn: async (tx, id) => (await proposalsBy(tx, id, 1)).map(proposalOf)[0] ?? null,

    async propose(tx, { id, digest, canonical, suite, base, proposedBy, proposedAtMs }) {
      await tx`INSERT INTO policy.proposals (id, digest, canonical, suite, base, proposed_by, proposed_at_ms)
               VALUES (${id}, ${digest}, ${canonical}, ${suite}, ${base}, ${proposedBy}, ${proposedAtMs})`;
    },

    async asked(tx, proposal, approval) {
      await tx`UPDATE policy.proposals SET approval = ${approval} WHERE id = ${proposal}`;
    },

    versions: async () => (await versionsBy(null)).map(versionOf),
    version: async (version) => (await versionsBy(version)).map(versionOf)[0] ?? null,

    async highest(tx) {
      const [row] = await tx<{ highest: number }>`SELECT max(v.version) AS highest FROM policy.versions v`;
      return row?.highest ?? 0;
    },

    async lockActive(tx) {
      const [active] = await tx<{ version: number }>`SELECT a.version FROM policy.active a FOR UPDATE`;
      if (active === undefined) throw new SallyportError("policy.unsigned");
      const [row] = await tx<{ version: number; canonical: string }>`SELECT v.version, v.canonical FROM policy.versions v WHERE v.version = ${active.version}`;
      if (row === undefined) throw new SallyportError("policy.unsigned");
      return row;
    },

    async store(tx, { version, canonical, note }, { base, proposal, approval, effectiveAtMs, settledAtMs, outcome }) {
      await tx`INSERT INTO policy.versions (version, canonical, note) VALUES (${version}, ${canonical}, ${note})`;
      await tx`INSERT INTO policy.changes (version, base, proposal, approval, effective_at_ms, settled_at_ms, outcome)
               VALUES (${version}, ${base}, ${proposal}, ${approval}, ${effectiveAtMs}, ${settledAtMs}, ${outcome})`;
      if (outcome === "effective") await tx`UPDATE policy.active SET version = ${version}`;
    },

    async isDue(nowMs) {
      const rows = await database.run`SELECT 1 FROM policy.changes c WHERE c.outcome IS NULL AND c.effective_at_ms <= ${nowMs} LIMIT 1`;
      return rows.length > 0;
    },

    async lockDue(tx, nowMs) {
      const [row] = await tx<ChangeRow & { readonly canonical: string }>`
        SELECT c.version, c.base, c.proposal, c.approval, c.effective_at_ms AS "effectiveAtMs", c.settled_at_ms AS "settledAtMs", c.outcome, v.canonical
          FROM policy.changes c JOIN policy.versions v ON v.version = c.version
         WHERE c.outcome IS NULL AND c.effective_at_ms <= ${nowMs}
         ORDER BY c.effective_at_ms, c.version LIMIT 1 FOR UPDATE OF c SKIP LOCKED`;
      return row === undefined ? null : { ...row, effectiveAtMs: Number(row.effectiveAtMs), settledAtMs: numberOf(row.settledAtMs) };
    },

    async settle(tx, version, outcome, nowMs) {
      await tx`UPDATE policy.changes SET outcome = ${outcome}, settled_at_ms = ${nowMs} WHERE version = ${version}`;
      if (outcome === "effective") await tx`UPDATE policy.active SET version = ${version}`;
    },
  };
}
