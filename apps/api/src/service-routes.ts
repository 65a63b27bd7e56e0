import { X509Certificate } from "node:crypto";
import { type ApiDeps, assertNotStopped, type Asking, type KnockCounter, type PolicyDesk, type Trail } from "@sallyport/api";
import { readApprovalStatement } from "@sallyport/audit";
import { type EnrolServiceInput, type EnrolServiceOutput, RenewServiceInput, type RenewServiceOutput } from "@sallyport/contracts";
import type { Custodian, Issued } from "@sallyport/custody";
import { codeOf, SallyportError } from "@sallyport/errors";
import { assertPlainRequest, isEnrolmentProof, thumbprint } from "@sallyport/pki";
import type { LivePrincipal, ServiceStore } from "@sallyport/policy";
import { carriesPeople, serviceId } from "@sallyport/zones";
import type { z } from "zod";
import type { Route } from "./listener.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";

const DEADLINE_MS = 2000;
/** A day's certificate is renewed once or twice. */
const RENEWALS: Rate = { perSecond: 1 / 60, burst: 10 };

export interface ServiceDoorDeps<Tx> extends Pick<ApiDeps<Tx>, "isFrozen" | "incidentOf"> {
  readonly services: Pick<ServiceStore<Tx>, "enrolmentBy" | "saw">;
  readonly policy: PolicyDesk;
  readonly custodian: Pick<Custodian, "issue">;
  readonly trail: Pick<Trail<Tx>, "append">;
  readonly knocks: KnockCounter;
  readonly trustDomain: string;
  readonly now: () => number;
}

type Enrolled = z.output<typeof EnrolServiceOutput>;
type Certificate = z.output<typeof RenewServiceOutput>;

/**
 * How services come to a certificate. Nothing here vouches for them: the custodian looks at the approval, the code's proof and the present
 * certificate by itself. What is looked at here keeps strangers from its door, and puts on record what became of it.
 */
export class ServiceDoor<Tx> {
  readonly #deps: ServiceDoorDeps<Tx>;
  readonly #renewals: RateLimit;

  constructor(deps: ServiceDoorDeps<Tx>) {
    this.#deps = deps;
    this.#renewals = new RateLimit(RENEWALS, deps.now);
  }

  /**
   * A service's first certificate, by the holder of its code. Whoever proves nothing is counted, and refused in the same bytes whatever it was.
   *
   * @throws SallyportError `workload.request` for the request itself; `trail.frozen` or `trail.quarantined` while an incident stops it; `workload.code` for
   *   anything else.
   */
  async enrol({ service, codeKey, csr, proof }: z.output<typeof EnrolServiceInput>, { peer, requestId }: Asking): Promise<Enrolled> {
    const { services, policy, custodian, knocks, trustDomain } = this.#deps;
    if (carriesPeople(peer.spiffe) !== "console") throw new SallyportError("workload.not_allowed");
    if (this.#deps.isFrozen()) throw new SallyportError("trail.frozen");
    assertNotStopped(this.#deps.incidentOf("system"));
    const workload = serviceId(trustDomain, service);
    assertPlainRequest(csr, workload);
    const request = isEnrolmentProof({ service, codeKey, csr, proof }) ? await services.enrolmentBy(codeKey) : null;
    const asked = request === null ? null : readApprovalStatement(request.statement);
    if (request === null || asked?.payload["service"] !== service) {
      knocks.count("enrol", "workload.code");
      throw new SallyportError("workload.code");
    }
    const record = { principal: "-", workload: peer.spiffe, action: "service.enrol", resource: `workload/${service}`, requestId };
    const principal = policy.current().byWorkload.get(workload);
    const isDone = request.state === "done";
    // Approved a moment ago, and this node doesn't know of it yet.
    if (request.state === "requested" || (isDone && principal === undefined)) return { state: "waiting" };
    if (!isDone || principal?.status !== "active") {
      await this.#deny({ ...record, principal: principal?.id ?? "-" }, "workload.code", `approval=${request.id};state=${isDone ? "stopped" : request.state}`);
      throw new SallyportError("workload.code");
    }
    const certificate = await this.#issued({ ...record, principal: principal.id }, `approval=${request.id}`, () =>
      custodian.issue({ kind: "enrolment", csr, statement: request.statement, proof }, DEADLINE_MS),
    );
    return { state: "issued", ...certificate };
  }

  /**
   * `POST /renew`: the next certificate of the service that asks, before its present one ends.
   *
   * @throws SallyportError `workload.not_allowed` for what is no service; `token.revoked` for one that is stopped; `workload.request`, `workload.code`.
   */
  readonly renew: Route = async (peer, body, requestId) => {
    const { policy, custodian } = this.#deps;
    const input = RenewServiceInput.safeParse(body);
    if (!input.success) throw new SallyportError("input.invalid");
    const principal = policy.current().byWorkload.get(peer.spiffe);
    if (principal === undefined || !/\/service\/[^/]+$/.test(peer.spiffe)) throw new SallyportError("workload.not_allowed");
    const record = { principal: principal.id, workload: peer.spiffe, action: "service.renew", resource: `workload/${nameOf(principal)}`, requestId };
    if (principal.status !== "active") {
      await this.#deny(record, "token.revoked", "");
      throw new SallyportError("token.revoked");
    }
    if (!this.#renewals.take(peer.x5t)) throw new SallyportError("service.limited");
    const { csr, certificate, proof } = input.data;
    assertPlainRequest(csr, peer.spiffe);
    // The certificate that is renewed is the one that this connection was opened with.
    if (thumbprintOf(certificate) !== peer.x5t) throw new SallyportError("workload.request");
    return { status: 200, body: await this.#issued(record, `serial=${peer.serial}`, () => custodian.issue({ kind: "renewal", csr, certificate, proof }, DEADLINE_MS)) };
  };

  /** Has it issued, and on record before it leaves, as is what the custodian refused. */
  async #issued(record: Recorded, basis: string, issue: () => Promise<Issued>): Promise<Certificate> {
    const { services, trail, trustDomain, now } = this.#deps;
    let issued: Issued;
    try {
      issued = await issue();
    } catch (error) {
      const code = codeOf(error);
      const isRefusal = code === "workload.code" || code === "workload.request" || code === "workload.revoked";
      if (isRefusal) await this.#deny(record, code === "workload.request" ? code : "workload.code", basis);
      throw isRefusal && code !== "workload.request" ? new SallyportError("workload.code", {}, error) : error;
    }
    const { serialNumber, validTo } = new X509Certificate(issued.cert);
    const serial = serialNumber.toLowerCase();
    const notAfterMs = Date.parse(validTo);
    await services.saw(record.principal, { serial, notAfterMs, atMs: now() });
    await trail.append({ ...this.#draft(record), decision: "allow", reason: "allowed", detail: `${basis};issued=${serial}` });
    const workload = serviceId(trustDomain, record.resource.slice("workload/".length));
    return { certificate: issued.cert, authorities: issued.ca, workload, trustDomain, notAfter: new Date(notAfterMs).toISOString() };
  }

  async #deny(record: Recorded, reason: string, detail: string): Promise<void> {
    await this.#deps.trail.append({ ...this.#draft(record), decision: "deny", reason, detail });
  }

  #draft({ requestId, ...record }: Recorded) {
    return { chain: "system", role: "-", site: "-", request_id: requestId, policy: this.#deps.policy.current().tag, ...record };
  }
}

interface Recorded {
  readonly principal: string;
  readonly workload: string;
  readonly action: string;
  readonly resource: string;
  readonly requestId: string;
}

const nameOf = ({ workload }: LivePrincipal): string => workload?.slice(workload.lastIndexOf("/") + 1) ?? "-";

function thumbprintOf(pem: string): string | null {
  try {
    return thumbprint(new X509Certificate(pem).raw);
  } catch {
    return null;
  }
}
