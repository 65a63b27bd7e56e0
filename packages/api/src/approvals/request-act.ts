import { approvalDigest, approvalStatement } from "@sallyport/audit";
import { ApprovalOutput, type Strict } from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { ApprovalRow, Grant } from "@sallyport/policy";
import type { z } from "zod";
import type { Located, Rule } from "../boundary/decide-crossing.ts";
import type { Boundary, Crossing } from "../boundary/procedure.ts";
import type { Trace } from "../boundary/trace.ts";
import type { ApiDeps } from "../ports.ts";
import { tellDeciders } from "../notices/waiting-request.ts";
import { sealReason } from "../sealed-reason.ts";
import type { Asker, Payload } from "./act.ts";
import { effectDigest, effectText } from "./effect.ts";
import type { AnyAct } from "./registry.ts";
import { approvalSummary } from "./summary.ts";

/** How one kind is asked for. */
interface Asking<Tx, Input extends Strict> extends Pick<Rule, "whenFrozen"> {
  readonly input: Input;
  readonly locate: (input: z.output<Input>, trace: Trace) => Promise<Located<null>>;
  readonly payload: (input: z.output<Input>, grant: Grant) => Payload | Promise<Payload>;
  readonly reason: (input: z.output<Input>) => string;
  /** The subject that it is about. */
  readonly subject?: (input: z.output<Input>) => string;
  /** Keeps what the effect rests on, before it is made, in the same transaction. */
  readonly keep?: (tx: Tx, input: z.output<Input>, payload: Payload, asker: Asker) => Promise<void>;
  /** What has to hold beside the right to ask. */
  readonly check?: (crossing: Crossing<z.output<Input>, null>) => Promise<void>;
  /** What is stored of it elsewhere, once it stands. */
  readonly after?: (tx: Tx, payload: Payload, approval: string) => Promise<void>;
}

/** What somebody may ask for themselves: to have less. */
const GIVING_UP: ReadonlySet<string> = new Set(["person.suspend", "role.end"]);

const iso = (ms: number): string => new Date(ms).toISOString();

/** A procedure that asks for an approval: the effect as it would be now, in a statement that others decide on. Nothing is done yet. */
export const requestAct = <Tx, Input extends Strict>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>, act: AnyAct<Tx>, asking: Asking<Tx, Input>) =>
  boundary.change(
    { ...act.ask, input: asking.input, output: ApprovalOutput, recorded: "once", locate: asking.locate, ...(asking.whenFrozen !== undefined && { whenFrozen: asking.whenFrozen }) },
    {
      prepare: async (crossing: Crossing<z.output<Input>, null>) => {
        const { input, grant, trace } = crossing;
        const asker = await deps.people.people.byId(grant.person);
        // Who votes is compared by person: what has none can't ask.
        if (asker === null) throw new SallyportError("policy.denied");
        await asking.check?.(crossing);
        const reason = sealReason((await deps.referenceKeys()).change, grant, asking.reason(input));
        const id = newId("apr");
        trace.note({ approval: id, kind: act.kind, commitment: reason.commitment });
        return {
          id,
          reason,
          payload: await asking.payload(input, grant),
          asker: { principal: grant.principal, person: grant.person, printedName: asker.printedName } satisfies Asker,
        };
      },
      commit: async (tx, { input, grant, trace, may }, { id, reason, payload, asker }) => {
        const concerns = act.concerns(payload);
        if (concerns === asker.person && !GIVING_UP.has(act.kind)) throw new SallyportError("policy.separation");
        await asking.keep?.(tx, input, payload, asker);
        const effect = await act.effect(tx, grant, payload, asker);
        if (effect.refused !== null) throw new SallyportError(effect.refused);
        const nowMs = deps.now();
        const lines = effectText(effect.lines);
        const statement = approvalStatement({
          deployment: deps.deployment,
          kind: act.kind,
          payload,
          effectDigest: effectDigest(lines),
          needed: act.needed,
          requestedByPerson: asker.person,
          requestedAt: iso(nowMs),
          nonce: newId("n").slice(2),
          expiresAt: iso(nowMs + act.openForMs),
        });
        const digest = approvalDigest(statement);
        // What is asked for anywhere belongs to the deployment, wherever its asker may ask.
        const [site = null] = act.isAskedAnywhere === true ? [] : grant.sites;
        const row: ApprovalRow = {
          id,
          kind: act.kind,
          statement,
          digest,
          effect: lines,
          about: effect.about,
          concerns,
          subject: asking.subject?.(input) ?? null,
          site,
          requestedBy: asker.principal,
          requestedByPerson: asker.person,
          requestedByName: asker.printedName,
          reason: reason.id,
          needed: act.needed,
          state: "requested",
          requestedAtMs: nowMs,
          expiresAtMs: nowMs + act.openForMs,
          usableUntilMs: null,
          votes: [],
        };
        await deps.changes.insert(tx, reason);
        await deps.approvals.insert(tx, grant, row);
        await tellDeciders(deps, tx, grant, row, act);
        await asking.after?.(tx, payload, id);
        trace.note({ digest });
        return { approval: approvalSummary(row, act, { person: grant.person, may, nowMs }) };
      },
    },
  );
