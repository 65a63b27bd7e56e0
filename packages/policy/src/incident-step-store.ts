import type { Grant } from "./grant.ts";

/** What is to be done about an incident, and kept (docs/runbooks/incident.md). */
export const incidentSteps = ["copied", "verified", "exported", "accounted"] as const;
export type IncidentStep = (typeof incidentSteps)[number];

/** A file that was kept of a step: its SHA-256 in lower-case hex, and its length in bytes. */
export interface StepEvidence {
  readonly sha256: string;
  readonly bytes: number;
}

/** One step as somebody said that it was done. `note` is sealed. */
export interface StepRow<Step extends string> {
  readonly step: Step;
  readonly principal: string;
  readonly atMs: number;
  readonly note: { readonly id: string; readonly sealed: string; readonly commitment: string };
  readonly evidence: StepEvidence | null;
}

/** Port: what was done about incidents. Steps are added, and stay. */
export interface IncidentStepStore<Tx> {
  /** Of one incident, in order. Needs `trail.read` at its chain. */
  of(grant: Grant, incident: string): Promise<readonly StepRow<IncidentStep>[]>;
  /** Adds one; its note is stored before. Needs `trail.verify` at the chain. Throws `service.busy` where another was added at the same moment. */
  add(
    tx: Tx,
    grant: Grant,
    step: { readonly incident: string; readonly chain: string; readonly note: string } & Pick<StepRow<IncidentStep>, "step" | "atMs" | "evidence">,
  ): Promise<void>;
}
