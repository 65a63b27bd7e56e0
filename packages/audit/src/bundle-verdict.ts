import type { BundleVerdict } from "./bundle-model.ts";
import type { ExportStatement } from "./export-statement.ts";
import type { Break } from "./model.ts";

/** What a verification came to, before it is put into words. */
export interface BundleFindings {
  readonly pinned: boolean;
  readonly fingerprint: string | null;
  /** Null where no statement could be opened. */
  readonly statement: ExportStatement | null;
  readonly breaks: readonly Break[];
  readonly records: number;
  readonly checkpoints: number;
}

function proofs({ statement, records, checkpoints, pinned }: BundleFindings): readonly string[] {
  if (statement === null) return [];
  const signer = pinned ? `the custodian of deployment ${statement.deployment}` : "the holder of the key that the bundle names";
  return [
    `Each of the ${records} records of chain ${statement.chain} is, byte for byte, one that ${signer} had signed by ${statement.exportedAt}.`,
    "None of them is missing, added or in another place, in any generation of the chain, up to the sizes in the statement.",
    `The trail is a continuation of what each of its ${checkpoints} checkpoints says, from the first to the last.`,
  ];
}

function limits({ statement, pinned, fingerprint }: BundleFindings): readonly string[] {
  const asOf = statement?.exportedAt ?? "the export";
  return [
    ...(pinned || fingerprint === null ? [] : [`That the key is the deployment's: compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with it.`]),
    `Anything after ${asOf}, or that no newer bundle exists.`,
    "That what a record says is so: only that it was recorded so, then, and not changed since.",
    "That the custodian itself was honest. Who holds its keys, the database and every copy of a checkpoint can write another history.",
    "The HMACs (they need the audit key, and say no more than the signatures do), and the signature of each single leaf (they are for locating a break).",
    "Display names, dictionary and README: these are conveniences that nobody signs.",
  ];
}

/** Puts what was found into a verdict. */
export function verdictOf(findings: BundleFindings): BundleVerdict {
  const { statement, breaks, pinned, fingerprint, records, checkpoints } = findings;
  const whole = statement !== null && breaks.length === 0;
  return {
    whole,
    pinned,
    reads: whole ? (pinned ? "whole" : "self-consistent, key not pinned") : "broken",
    breaks,
    deployment: statement?.deployment ?? "",
    chain: statement?.chain ?? "",
    asOf: statement?.exportedAt ?? null,
    fingerprint,
    records,
    checkpoints,
    proves: whole ? proofs(findings) : [],
    doesNotProve: limits(findings),
  };
}
