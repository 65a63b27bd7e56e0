import type { StepRow } from "@sallyport/policy";

/** A step of a checklist as a row has it. */
export interface StoredStep<Step extends string> {
  readonly step: Step;
  readonly principal: string;
  readonly at_ms: string;
  readonly id: string;
  readonly sealed: string;
  readonly commitment: string;
  readonly evidence_sha256: string | null;
  readonly evidence_bytes: string | null;
}

export const stepOf = <Step extends string>({ step, principal, at_ms, evidence_sha256: sha256, evidence_bytes: bytes, ...note }: StoredStep<Step>): StepRow<Step> => ({
  step,
  principal,
  atMs: Number(at_ms),
  note,
  evidence: sha256 === null ? null : { sha256, bytes: Number(bytes) },
});
