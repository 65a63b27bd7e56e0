import { CodeKey, ServiceName, ServiceTitle } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { serviceId } from "@sallyport/zones";
import { z } from "zod";
import { placeWords } from "../assignments/place-words.ts";
import type { ApiDeps } from "../ports.ts";
import { holdsPower, offboardService, servicePrincipal } from "../services/offboard-service.ts";
import type { ApprovalAct } from "./act.ts";

const DAY_MS = 24 * 3_600_000;
const APPROVE = { action: "person.approve", resource: "principal" } as const;

/** `again`: for a service that is there and lost its certificate. The custodian reads the service and the code from here. */
const Enrolled = z.strictObject({ service: ServiceName, title: ServiceTitle, codeKey: CodeKey, as: z.enum(["new", "again"]) });
export type EnrolledServicePayload = z.output<typeof Enrolled>;

/** Creates a service, or has one enrol anew. The custodian issues the certificate upon this approval, so it has to be by a passkey that it holds. */
export const enrolServiceAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, EnrolledServicePayload> => {
  const workload = (service: string): string => serviceId(`${deps.deployment}.sallyport`, service);
  return {
    kind: "workload.enrol",
    ask: { action: "workload.enrol", resource: "workload" },
    approve: APPROVE,
    needed: 1,
    openForMs: DAY_MS,
    usableForMs: null,
    onlyBy: "proven_passkey",
    payload: Enrolled,
    concerns: () => null,
    async effect(tx, _grant, { service, title, codeKey, as }) {
      const known = await deps.services.lock(tx, service);
      const standing = known === null ? "new" : known.leftAtMs !== null ? "left" : known.created === null ? "first start" : "again";
      return {
        about: `${title} (${service})`,
        lines: [
          { what: `service ${service}`, before: as === "new" ? null : "as it is", after: as === "new" ? `created: ${title}` : "enrols anew" },
          { what: "identity", before: as === "new" ? null : workload(service), after: workload(service) },
          ...(as === "new" ? [] : [{ what: "certificates that it has", before: "as they are", after: "end when the code is used" }]),
          { what: "one-time code", before: null, after: `good for an hour after the approval; its public half begins ${codeKey.slice(0, 12)}` },
          { what: "roles", before: as === "new" ? null : "as they are", after: as === "new" ? "none: they are assigned afterwards" : "as they are" },
        ],
        refused: standing === "left" ? "workload.state" : standing === as ? null : standing === "new" ? "policy.denied" : "workload.taken",
      };
    },
    async perform(tx, { service, title, as }) {
      const principal = servicePrincipal(service);
      if (as === "new" && !(await deps.services.register(tx, { principal, service, workload: workload(service), title, atMs: deps.now() })))
        throw new SallyportError("workload.taken");
      return { service, principal };
    },
  };
};

const Offboarded = z.strictObject({ service: ServiceName });
export type OffboardedServicePayload = z.output<typeof Offboarded>;

/** Ends a service for good that holds what two people give. */
export const offboardServiceAct = <Tx>(deps: ApiDeps<Tx>): ApprovalAct<Tx, OffboardedServicePayload> => ({
  kind: "workload.offboard",
  ask: { action: "workload.revoke", resource: "workload" },
  approve: APPROVE,
  needed: 1,
  openForMs: 7 * DAY_MS,
  usableForMs: null,
  onlyBy: null,
  payload: Offboarded,
  concerns: () => null,
  async effect(tx, _grant, { service }) {
    const known = await deps.services.lock(tx, service);
    if (known === null) return { about: "-", lines: [], refused: "policy.denied" };
    const nowMs = deps.now();
    const held = known.assignments.filter(({ untilMs }) => untilMs === null || untilMs > nowMs);
    return {
      about: `${known.created?.title ?? service} (${service})`,
      lines: [
        { what: `service ${service}`, before: known.status, after: "left" },
        ...held.map(({ role, study, site }) => ({ what: `${role} ${placeWords(study, site)}`, before: "in effect", after: "ended" })),
        ...["certificates and tokens", "codes and requests that are open"].map((what) => ({ what, before: "as they are", after: "ended for good" })),
      ],
      // What one person may do needs no two, and an approval of it would look like one of more.
      refused: known.leftAtMs !== null ? "workload.state" : holdsPower(known, deps.policy.current().compiled.document, nowMs) ? null : "input.invalid",
    };
  },
  async perform(tx, { service }, { id }) {
    const known = await deps.services.lock(tx, service);
    if (known === null) throw new SallyportError("policy.denied");
    return offboardService(deps, tx, known, id);
  },
});
