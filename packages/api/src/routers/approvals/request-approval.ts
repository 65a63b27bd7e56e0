import {
  RequestAccessInput,
  RequestArchiveInput,
  RequestAssignmentEndInput,
  RequestAssignmentInput,
  RequestBulkRevealInput,
  RequestIncidentReleaseInput,
  RequestInviteInput,
  RequestKeyActivateInput,
  RequestKeyDestroyInput,
  RequestLockLiftInput,
  RequestOffboardInput,
  RequestProfileChangeInput,
  RequestRecoveryInput,
  RequestReinstateInput,
  RequestResendInput,
  RequestRoutesInput,
  RequestRetentionInput,
  RequestServiceInput,
  RequestServiceOffboardInput,
  RequestShredInput,
  RequestSpoolDiscardInput,
  RequestSuspendInput,
} from "@sallyport/contracts";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Payload } from "../../approvals/act.ts";
import { assertAccessTime } from "../../approvals/access-act.ts";
import { activatedKey } from "../../approvals/key-activate-act.ts";
import { routesPayload } from "../../approvals/outbox-acts.ts";
import { approvalActs } from "../../approvals/registry.ts";
import { discardPayload } from "../../approvals/spool-act.ts";
import { shredPayload } from "../../approvals/shred-act.ts";
import { requestAct } from "../../approvals/request-act.ts";
import { endedAt } from "../../archives/standing.ts";
import { incidentText } from "../../incidents/incident-summary.ts";
import { draftOf, profilePayload } from "../../profiles/draft.ts";
import { wantedAt } from "../../assignments/wanted.ts";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Boundary } from "../../boundary/procedure.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";
import { locateLock } from "../locks/lock-place.ts";
import { locateRing } from "../keys/ring-place.ts";
import { locateItem } from "../outbox/outbox-place.ts";
import { locateSites } from "../site-place.ts";
import { locateStudy } from "../studies/study-place.ts";
import { locateService } from "../workloads/service-place.ts";
import { locateSubject } from "../subjects/subject-place.ts";

/** People belong to no site. */
const inDeployment = (): Promise<Located<null>> => Promise.resolve({ place: { kind: "deployment" }, found: null });
const aboutPerson = ({ personId }: { readonly personId: string }, trace: Trace): Promise<Located<null>> => {
  trace.about(personId);
  return inDeployment();
};
const aboutPrincipal = ({ principal }: { readonly principal: string }, trace: Trace): Promise<Located<null>> => {
  trace.about(`principal/${principal}`);
  return inDeployment();
};
const personOf = ({ personId }: { readonly personId: string }) => ({ personId });
const reasonOf = ({ reason }: { readonly reason: string }): string => reason;

/** One procedure a kind; each answers the request as it stands. */
export function requestProcedures<Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) {
  const acts = approvalActs(deps);
  /** Whom an assignment is about: where it is a person, nobody decides on what is about themselves. */
  const whom = async (principal: string): Promise<Payload> => {
    const assignee = await deps.assignments.find(principal);
    if (assignee === null) throw new SallyportError("policy.denied");
    return assignee.kind === "person" ? { principal, personId: assignee.person } : { principal };
  };
  return {
    requestInvite: requestAct(boundary, deps, acts["person.invite"], {
      input: RequestInviteInput,
      locate: inDeployment,
      // The person's id is in the statement, so that what was approved can be compared with who enrols.
      payload: ({ username, printedName, role, study, site, until }) => ({
        personId: newId("per"),
        username,
        printedName,
        role,
        study,
        site,
        ...(until !== undefined && { until }),
      }),
      reason: reasonOf,
      check: ({ input }) => {
        wantedAt(input, deps.now());
        return Promise.resolve();
      },
    }),
    requestSuspend: requestAct(boundary, deps, acts["person.suspend"], { input: RequestSuspendInput, locate: aboutPerson, payload: personOf, reason: reasonOf }),
    requestReinstate: requestAct(boundary, deps, acts["person.reinstate"], { input: RequestReinstateInput, locate: aboutPerson, payload: personOf, reason: reasonOf }),
    requestRecovery: requestAct(boundary, deps, acts["authenticator.recover"], { input: RequestRecoveryInput, locate: aboutPerson, payload: personOf, reason: reasonOf }),
    requestOffboard: requestAct(boundary, deps, acts["person.offboard"], { input: RequestOffboardInput, locate: aboutPerson, payload: personOf, reason: reasonOf }),
    requestAccess: requestAct(boundary, deps, acts["access.request"], {
      input: RequestAccessInput,
      locate: () => locateSites(deps, {}),
      payload: ({ role, study, site, until }, { principal }) => ({ principal, role, study, site, until }),
      reason: reasonOf,
      check: ({ input: { until } }) => {
        assertAccessTime(until, deps.now());
        return Promise.resolve();
      },
    }),
    requestAssignment: requestAct(boundary, deps, acts["role.assign"], {
      input: RequestAssignmentInput,
      locate: aboutPrincipal,
      payload: async ({ principal, role, study, site, from = "at once", until = "no end" }) => ({ ...(await whom(principal)), role, study, site, from, until }),
      reason: reasonOf,
      check: ({ input }) => {
        wantedAt(input, deps.now());
        return Promise.resolve();
      },
    }),
    requestAssignmentEnd: requestAct(boundary, deps, acts["role.end"], {
      input: RequestAssignmentEndInput,
      locate: aboutPrincipal,
      payload: async ({ principal, role, study, site, from }) => ({ ...(await whom(principal)), role, study, site, from }),
      reason: reasonOf,
    }),
    requestLockLift: requestAct(boundary, deps, acts["lock.lift"], {
      input: RequestLockLiftInput,
      locate: async ({ lockId }, trace) => ({ ...(await locateLock(deps, lockId, trace)), found: null }),
      payload: async ({ lockId }) => {
        const lock = await deps.locks.byId(lockId);
        return lock?.kind === "person" ? { lockId, personId: lock.target } : { lockId };
      },
      reason: reasonOf,
    }),
    requestService: requestAct(boundary, deps, acts["workload.enrol"], {
      input: RequestServiceInput,
      locate: locateService,
      payload: ({ service, title, codeKey, isAgain }) => ({ service, title, codeKey, as: isAgain ? "again" : "new" }),
      reason: reasonOf,
    }),
    requestServiceOffboard: requestAct(boundary, deps, acts["workload.offboard"], {
      input: RequestServiceOffboardInput,
      locate: locateService,
      payload: ({ service }) => ({ service }),
      reason: reasonOf,
    }),
    requestProfileChange: requestAct(boundary, deps, acts["profile.change"], {
      input: RequestProfileChangeInput,
      locate: inDeployment,
      payload: ({ document }, grant) => profilePayload(deps, grant, document),
      reason: reasonOf,
      keep: (tx, { document }) => deps.profileStore.keepDraft(tx, { ...draftOf(document), atMs: deps.now() }),
    }),
    requestIncidentRelease: requestAct(boundary, deps, acts["incident.release"], {
      input: RequestIncidentReleaseInput,
      locate: inDeployment,
      whenFrozen: "serve",
      payload: ({ incidentIds }) => {
        const wanted = new Set(incidentIds);
        const found = deps.incidents().filter(({ id }) => wanted.has(id));
        if (found.length < wanted.size) throw new SallyportError("policy.denied");
        return { incidents: found.map(incidentText) };
      },
      reason: reasonOf,
    }),
    requestRoutes: requestAct(boundary, deps, acts["route.change"], {
      input: RequestRoutesInput,
      locate: inDeployment,
      payload: async ({ recipientId, routes }, grant) => routesPayload(recipientId, (await deps.read((tx) => deps.routes.of(tx, grant, recipientId))).version + 1, routes),
      reason: reasonOf,
    }),
    requestResend: requestAct(boundary, deps, acts["packet.resend"], {
      input: RequestResendInput,
      locate: locateItem,
      payload: ({ itemId }) => ({ itemId }),
      reason: reasonOf,
    }),
    requestKeyActivate: requestAct(boundary, deps, acts["keys.activate"], {
      input: RequestKeyActivateInput,
      locate: ({ keyId }, trace) => locateRing({ ring: keyId.replace(/-\d+$/, "") }, trace),
      // One that needs nobody else's word is put in use by a step.
      payload: async ({ keyId }) => activatedKey(await deps.rings.all(), keyId),
      reason: reasonOf,
    }),
    requestSpoolDiscard: requestAct(boundary, deps, acts["spool.discard"], {
      input: RequestSpoolDiscardInput,
      locate: inDeployment,
      payload: ({ receipts }, grant) => discardPayload(deps, grant, receipts),
      reason: reasonOf,
    }),
    requestKeyDestroy: requestAct(boundary, deps, acts["keys.destroy"], {
      input: RequestKeyDestroyInput,
      locate: ({ keyId }, trace) => locateRing({ ring: keyId.replace(/-\d+$/, "") }, trace),
      payload: ({ keyId }) => ({ key: keyId }),
      reason: reasonOf,
      // What is gone already needs nobody's word any more.
      check: async ({ input: { keyId } }) => {
        const keys = (await deps.rings.all()).flatMap((ring) => ring.keys);
        if (keys.find(({ id }) => id === keyId)?.state !== "retired") throw new SallyportError("keys.step", { key: keyId });
      },
    }),
    requestArchive: requestAct(boundary, deps, acts["trail.archive"], {
      input: RequestArchiveInput,
      locate: ({ chain }, trace) => {
        trace.about(chain);
        return inDeployment();
      },
      payload: ({ chain, generation, digest }) => {
        const { size, root, head } = endedAt(deps, { chain, generation });
        return { chain, generation: `${generation}`, size: `${size}`, root, head, manifest: digest };
      },
      reason: reasonOf,
    }),
    requestShred: requestAct(boundary, deps, acts["subject.shred"], {
      input: RequestShredInput,
      locate: async ({ subjectId }, trace) => ({ ...(await locateSubject(deps, subjectId, trace)), found: null }),
      payload: ({ subjectId }, grant) => shredPayload(deps, grant, subjectId),
      reason: reasonOf,
    }),
    requestRetention: requestAct(boundary, deps, acts["study.retention"], {
      input: RequestRetentionInput,
      locate: async ({ study }, trace) => ({ ...(await locateStudy(deps, study, trace)), found: null }),
      payload: ({ study, until }) => ({ study, until }),
      reason: reasonOf,
    }),
    requestBulkReveal: requestAct(boundary, deps, acts["phi.bulk_reveal"], {
      input: RequestBulkRevealInput,
      locate: async ({ subjectId }, trace) => ({ ...(await locateSubject(deps, subjectId, trace)), found: null }),
      payload: ({ subjectId, fields, purpose }) => ({ subjectId, fields: [...new Set(fields)], purpose }),
      reason: reasonOf,
      subject: ({ subjectId }) => subjectId,
      // A field that isn't there, and one that no reveal opens, end alike, and before anybody is asked.
      check: async ({ input: { subjectId, fields, purpose }, grant, trace }) => {
        const opened = await deps.subjects.open(grant, subjectId, { names: fields });
        if (opened === null) throw new SallyportError("policy.denied");
        const classifier = deps.profiles.of(opened.subject.study);
        const there = new Set(opened.fields.filter((row) => grant.fields.readable.includes(classifier.ofStored(row))).map(({ domain, name }) => `${domain}.${name}`));
        if (!fields.every((field) => there.has(field))) throw new SallyportError("policy.denied");
        trace.note({ purpose, fields: fields.length });
      },
    }),
  };
}
