import { z } from "zod";
import { AssignmentSummary } from "./people.ts";
import { IsoTime, Print, Reason } from "./primitives.ts";
import { strict } from "./strict.ts";
import { Evidence } from "./trail.ts";

/** A service's name, the last part of its SPIFFE ID. `terminal` is the command line's own. */
export const ServiceName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,37}$/)
  .refine((name) => name !== "terminal");
export const ServiceTitle = Print(3, 120);
/** The public half of a one-time code: a point of P-256, compressed, base64url. */
export const CodeKey = z.string().regex(/^[A-Za-z0-9_-]{44}$/);

/**
 * Creates a service, or with `isAgain` has one enrol anew that lost its certificate: its earlier certificates end then. The code is made by who
 * asks and is never sent; once another administrator has approved with a passkey, it is good for one enrolment within an hour.
 */
export const RequestServiceInput = strict({ service: ServiceName, title: ServiceTitle, codeKey: CodeKey, isAgain: z.boolean(), reason: Reason });

/** Ends a service for good. One that holds a powerful role is asked for by `approvals.requestServiceOffboard`. */
export const OffboardServiceInput = strict({ service: ServiceName, reason: Reason });
export const OffboardServiceOutput = strict({ done: z.literal(true), evidence: z.array(Evidence) });
export const RequestServiceOffboardInput = strict({ service: ServiceName, reason: Reason });

export const ListWorkloadsInput = strict({});
/** Services with what they hold, newest known certificate first seen to last. */
export const ListWorkloadsOutput = strict({
  workloads: z.array(
    z.strictObject({
      principal: z.string(),
      service: z.string(),
      workload: z.string(),
      /** `suspended`: a lock is on it; `left`: it was offboarded, for good. */
      status: z.enum(["active", "suspended", "left"]),
      /** Null for one of the first start, whose certificates its host looks after. */
      created: z.strictObject({ title: z.string(), at: IsoTime }).nullable(),
      leftAt: IsoTime.nullable(),
      /** The certificate that it last got, or last asked for a token with; null before either. */
      certificate: z.strictObject({ serial: z.string(), notAfter: IsoTime, seenAt: IsoTime }).nullable(),
      /** Whether offboarding it takes two people. */
      needsApproval: z.boolean(),
      assignments: z.array(AssignmentSummary),
    }),
  ),
});

const Csr = z.string().min(100).max(8192);
const Proof = z.string().regex(/^[A-Za-z0-9_-]{80,120}$/);

/** `enrol-service`: who holds a code proves it over their request, and gets the certificate; `waiting` while nobody has approved it yet. */
export const EnrolServiceInput = z.strictObject({ service: ServiceName, codeKey: CodeKey, csr: Csr, proof: Proof });
const Issued = { certificate: z.string(), authorities: z.string(), workload: z.string(), trustDomain: z.string(), notAfter: IsoTime };
export const EnrolServiceOutput = z.discriminatedUnion("state", [z.strictObject({ state: z.literal("waiting") }), z.strictObject({ state: z.literal("issued"), ...Issued })]);

/** `POST /renew`: the next certificate of the service that asks, by its present one (PEM) and its key's proof over the request. */
export const RenewServiceInput = z.strictObject({ csr: Csr, certificate: z.string().min(100).max(8192), proof: Proof });
export const RenewServiceOutput = z.strictObject(Issued);
