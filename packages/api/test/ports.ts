import type { Receipt, RecordDraft } from "@sallyport/audit";
import { strict } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { policyStatementFor } from "./policy-note.ts";
import { canonicalPolicy, type LivePrincipal, type PolicyDocument, starterPolicy } from "@sallyport/policy";
import { z } from "zod";
import { type BoundaryDeps, createBoundary, PolicyDesk, type RequestContext } from "../dist/index.js";

/** What a transaction of these ports holds until it commits. */
export interface Pending {
  readonly drafts: RecordDraft[];
  readonly keys: { readonly principal: string; readonly key: string; readonly procedure: string; readonly salt: string; readonly digest: string; readonly outcome: unknown }[];
  readonly effects: string[];
}

const SITE = { study: "STUDY1", site: "701" };
const NOW_MS = Date.UTC(2026, 10, 22, 12);

export const reviewer = (assignments = [{ role: "clinical_reviewer", study: "STUDY1", site: "701", fromMs: 0, untilMs: null }]): LivePrincipal => ({
  id: "svc_reviewer",
  kind: "service",
  person: "svc_reviewer",
  status: "active",
  workload: "spiffe://d1.sallyport/service/reviewer",
  tokensFromS: 0,
  assignments,
});

/** The boundary on ports in memory: records and effects that committed can be looked at, and each port can be made to fail. */
export async function inMemory(
  options: { readonly principals?: readonly LivePrincipal[]; readonly document?: PolicyDocument; readonly note?: string; readonly scope?: string } = {},
) {
  const records: RecordDraft[] = [];
  const effects: string[] = [];
  const keys: Pending["keys"] = [];
  const knocks: string[] = [];
  const events: string[] = [];
  const failing = { append: false, commit: false, evidence: false };
  const state = { nowMs: NOW_MS, frozen: false, broken: new Set<string>() };
  const receiptOf = (draft: RecordDraft): Receipt => ({ chain: draft.chain, generation: 1, seq: records.length + 1, mac: "0".repeat(64) });
  const canonical = canonicalPolicy(options.document ?? starterPolicy);
  const snapshot = {
    epoch: 1n,
    active: { canonical, note: options.note ?? policyStatementFor(canonical) },
    principals: options.principals ?? [reviewer()],
    revokedTokens: [],
    locks: [],
    closedSites: [],
    emergencies: [],
  };
  const policy = new PolicyDesk({ epoch: () => Promise.resolve(1n), snapshot: () => Promise.resolve(snapshot) }, (note, text) => note === policyStatementFor(text), {
    now: () => state.nowMs,
  });
  await policy.refresh();
  const fail = (code: string) => Promise.reject(Object.assign(new Error(`planted text of ${code}`), {}));
  const deps: BoundaryDeps<Pending> = {
    now: () => state.nowMs,
    policy,
    tokens: {
      verify: ([authorization]) => ({
        sub: authorization ?? "svc_reviewer",
        scope: new Set((options.scope ?? "subject.list subject.read phi.read packet.upload access.read").split(" ")),
        jti: "jti",
        iatS: NOW_MS / 1000 - 1,
        expS: NOW_MS / 1000 + 600,
        azp: "spiffe://d1.sallyport/service/reviewer",
      }),
    },
    trail: {
      append: (draft) => {
        if (failing.append) return fail("append");
        records.push(draft);
        return Promise.resolve(receiptOf(draft));
      },
      inTransaction: async (work) => {
        const pending: Pending = { drafts: [], keys: [], effects: [] };
        const result = await work(pending, (drafts) => {
          pending.drafts.push(...drafts);
          return Promise.resolve(drafts.map(receiptOf));
        });
        if (failing.commit) return fail("commit");
        records.push(...pending.drafts);
        effects.push(...pending.effects);
        keys.push(...pending.keys);
        return result;
      },
    },
    evidence: {
      assertAnchored: () => undefined,
      checkpoint: (chains) =>
        failing.evidence ? fail("evidence") : Promise.resolve(chains.map((chain) => ({ chain, generation: 1, size: 1, root: "0".repeat(64), anchors: [] }))),
    },
    idempotency: {
      find: (principal, key) => Promise.resolve(keys.find((entry) => entry.principal === principal && entry.key === key) ?? null),
      claim: (tx, entry) => {
        tx.keys.push(entry);
        return Promise.resolve(!keys.some(({ principal, key }) => principal === entry.principal && key === entry.key));
      },
    },
    knocks: { count: (_listener, code) => void knocks.push(code) },
    log: { event: (name) => void events.push(name) },
    alerts: { raise: (_tx, { kind }) => (events.push(kind), Promise.resolve(null)) },
    sessions: { require: () => Promise.reject(new SallyportError("session.ended")) },
    isFrozen: () => state.frozen,
    incidentOf: (chain) => (state.broken.has(chain) ? { id: "inc_00000000000000000000000000", chain } : null),
  };
  return { deps, boundary: createBoundary(deps), records, effects, knocks, events, failing, state };
}

export const context = (over: Partial<RequestContext> = {}): RequestContext => ({
  requestId: "req_00000000000000000000000001",
  peer: { spiffe: "spiffe://d1.sallyport/service/reviewer", x5t: "x" },
  authorization: ["svc_reviewer"],
  idempotencyKey: "0123456789abcdef",
  isBackground: false,
  ...over,
});

export const Ask = strict({ id: z.string() });
export const Answer = strict({ value: z.string() });
export { SITE };
