import type { ApprovalKind } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import type { ApprovalRow } from "@sallyport/policy";
import { readApprovalStatement } from "@sallyport/audit";
import type { ApiDeps } from "../ports.ts";
import type { ApprovalAct, Payload } from "./act.ts";
import { archiveAct } from "./archive-act.ts";
import { accessAct } from "./access-act.ts";
import { assignAct, endAssignmentAct } from "./assignment-acts.ts";
import { bulkRevealAct } from "./bulk-reveal-act.ts";
import { releaseIncidentsAct } from "./incident-act.ts";
import { activateKeyAct } from "./key-activate-act.ts";
import { destroyKeyAct } from "./key-destroy-act.ts";
import { liftLockAct } from "./lift-lock-act.ts";
import { inviteAct, offboardAct, recoverAct, reinstateAct, suspendAct } from "./people-acts.ts";
import { profileAct } from "./profile-act.ts";
import { retentionAct } from "./retention-act.ts";
import { shredAct } from "./shred-act.ts";
import { enrolServiceAct, offboardServiceAct } from "./service-acts.ts";
import { egressAct } from "./egress-act.ts";
import { recipientAct } from "./recipient-act.ts";
import { resendAct, routesAct } from "./outbox-acts.ts";
import { discardAct } from "./spool-act.ts";
import { policyChangeAct } from "../policies/policy-change-act.ts";

/** An act of any kind, with payloads as statements hold them: its own schema reads each before anything else of it sees one. */
export interface AnyAct<Tx> extends Omit<ApprovalAct<Tx>, "payload"> {
  readonly payloadOf: (row: Pick<ApprovalRow, "statement">) => Payload;
}

/** Widens an act of one kind to what holds for all; the statement's payload goes through the kind's own schema. */
function widened<Tx, P extends Payload>({ payload: schema, concerns, effect, perform, ...act }: ApprovalAct<Tx, P>): AnyAct<Tx> {
  return {
    ...act,
    payloadOf({ statement }) {
      const parsed = schema.safeParse(readApprovalStatement(statement)?.payload);
      if (!parsed.success) throw new SallyportError("approval.changed");
      return parsed.data;
    },
    concerns: (payload) => concerns(schema.parse(payload)),
    effect: async (tx, grant, payload, asker) => effect(tx, grant, schema.parse(payload), asker),
    perform: perform === null ? null : async (tx, payload, approved) => perform(tx, schema.parse(payload), approved),
  };
}

/** Every kind of act that needs two people. What comes later is added here. */
export const approvalActs = <Tx>(deps: ApiDeps<Tx>): Readonly<Record<ApprovalKind, AnyAct<Tx>>> => ({
  "person.invite": widened(inviteAct(deps)),
  "person.suspend": widened(suspendAct(deps)),
  "person.reinstate": widened(reinstateAct(deps)),
  "authenticator.recover": widened(recoverAct(deps)),
  "phi.bulk_reveal": widened(bulkRevealAct(deps)),
  "person.offboard": widened(offboardAct(deps)),
  "profile.change": widened(profileAct(deps)),
  "access.request": widened(accessAct(deps)),
  "role.assign": widened(assignAct(deps)),
  "lock.lift": widened(liftLockAct(deps)),
  "role.end": widened(endAssignmentAct(deps)),
  "policy.change": widened(policyChangeAct(deps)),
  "workload.enrol": widened(enrolServiceAct(deps)),
  "workload.offboard": widened(offboardServiceAct(deps)),
  "incident.release": widened(releaseIncidentsAct(deps)),
  "keys.activate": widened(activateKeyAct(deps)),
  "keys.destroy": widened(destroyKeyAct(deps)),
  "recipient.change": widened(recipientAct(deps)),
  "egress.release": widened(egressAct(deps)),
  "route.change": widened(routesAct(deps)),
  "packet.resend": widened(resendAct(deps)),
  "trail.archive": widened(archiveAct(deps)),
  "subject.shred": widened(shredAct(deps)),
  "study.retention": widened(retentionAct(deps)),
  "spool.discard": widened(discardAct(deps)),
});

/** The act of a stored request's kind, or null where this version has none such: then it is as if the request weren't there. */
export const actOf = <Tx>(acts: Readonly<Record<string, AnyAct<Tx>>>, kind: string): AnyAct<Tx> | null => (Object.hasOwn(acts, kind) ? (acts[kind] ?? null) : null);
