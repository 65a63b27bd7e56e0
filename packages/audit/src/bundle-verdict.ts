import type { BundleVerdict, HandedOver, Witnessed } from "./bundle-model.ts";
import { archivedIn, type ExportStatement } from "./export-statement.ts";
import type { Break } from "./model.ts";
import { handedOverLines } from "./stating-key.ts";

/** What a verification came to, before it is put into words. */
export interface BundleFindings {
  readonly pinned: boolean;
  readonly fingerprint: string | null;
  readonly behind?: readonly string[];
  readonly handedOver?: readonly HandedOver[];
  /** Null where no statement could be opened. */
  readonly statement: ExportStatement | null;
  readonly breaks: readonly Break[];
  readonly records: number;
  readonly checkpoints: number;
  /** SHA-256 of the manifest; null where there is none. */
  readonly manifest: string | null;
  readonly witnessed?: Witnessed;
  readonly cosigned?: number;
}

/** Which generations a statement is about, in words. */
function generationsText(statement: ExportStatement): string {
  if (statement.v === 1) return "in any generation of the chain";
  const numbers = statement.generations.map(({ generation }) => generation);
  if (statement.scope === "generation") return `in generation ${numbers[0] ?? 0} of the chain`;
  return `in any generation of the chain from ${numbers[0] ?? 0} on`;
}

function proofs({ statement, records, checkpoints, pinned, handedOver = [], witnessed }: BundleFindings): readonly string[] {
  if (statement === null) return [];
  const signer = pinned ? `the custodian of deployment ${statement.deployment}` : "the holder of the key that the bundle names";
  return [
    ...handedOverLines({ handedOver }),
    `Each of the ${records} records of chain ${statement.chain} is, byte for byte, one that ${signer} had signed by ${statement.exportedAt}.`,
    `None of them is missing, added or in another place, ${generationsText(statement)}, up to the sizes in the statement.`,
    `The trail is a continuation of what each of its ${checkpoints} checkpoints says, from the first to the last.`,
    ...(witnessed === undefined
      ? []
      : [
          `The witness ${witnessed.name}, by the key that was given, saw generation ${witnessed.generation} at ${witnessed.size} records at ${witnessed.at}, by its own clock, and that it continues all that the witness saw before: nobody who asks it can be shown another history up to there.`,
        ]),
    ...archivedIn(statement).map(
      ({ generation, size, manifest }) => `Generation ${generation}, of ${size} records, was archived as the bundle whose manifest.json has SHA-256 ${manifest}.`,
    ),
  ];
}

type Limited = Pick<BundleVerdict, "asOf" | "pinned" | "fingerprint" | "generations" | "endsClosed" | "witnessed" | "cosigned">;

/**
 * What one bundle, or several together, leave open.
 *
 * @param archivedElsewhere - What is to be said of archived generations that aren't here; null where there is none.
 */
export function limits({ asOf, pinned, fingerprint, generations, endsClosed, witnessed, cosigned }: Limited, archivedElsewhere: string | null): readonly string[] {
  return [
    ...(archivedElsewhere === null ? [] : [archivedElsewhere]),
    ...(endsClosed === true ? [`What came after generation ${generations.at(-1)?.generation ?? 0}: that is in a bundle of the chain.`] : []),
    ...(pinned || fingerprint === null ? [] : [`That the key is the deployment's: compare ${fingerprint} with a fingerprint that you got elsewhere, and verify again with it.`]),
    `Anything after ${asOf ?? "the export"}, or that no newer bundle exists.`,
    ...(cosigned === undefined ? [] : ["That a witness saw it: there are cosignatures here; give a witness's key that you got elsewhere, to have its own verified."]),
    ...(witnessed === undefined
      ? []
      : [`That the witness is independent of the deployment, or saw anything after record ${witnessed.size} of generation ${witnessed.generation}.`]),
    "That what a record says is so: only that it was recorded so, then, and not changed since.",
    "That the custodian itself was honest. Who holds its keys, the database and every copy of a checkpoint can write another history.",
    "The HMACs (they need the audit key, and say no more than the signatures do), and the signature of each single leaf (they are for locating a break).",
    "Display names, dictionary and README: these are conveniences that nobody signs.",
  ];
}

/** Puts what was found into a verdict. */
export function verdictOf(findings: BundleFindings): BundleVerdict {
  const { statement, breaks, pinned, fingerprint, behind = [], handedOver = [], records, checkpoints, manifest } = findings;
  const whole = statement !== null && breaks.length === 0;
  const archived = statement === null ? [] : archivedIn(statement);
  const verdict = {
    whole,
    pinned,
    reads: whole ? (pinned ? "whole" : "self-consistent, key not pinned") : "broken",
    breaks,
    deployment: statement?.deployment ?? "",
    chain: statement?.chain ?? "",
    asOf: statement?.exportedAt ?? null,
    fingerprint,
    ...(behind.length > 0 && { behind }),
    ...(handedOver.length > 0 && { handedOver }),
    records,
    checkpoints,
    generations: statement?.generations.map(({ generation, size, root, head }) => ({ generation, size, root, head })) ?? [],
    archived,
    ...(statement?.v === 2 && statement.scope === "generation" && { endsClosed: true as const }),
    manifest,
    ...(findings.witnessed !== undefined && { witnessed: findings.witnessed }),
    ...(findings.cosigned !== undefined && { cosigned: findings.cosigned }),
    proves: whole ? proofs(findings) : [],
  };
  const before = archived.length === 1 ? "generation 1" : `generations 1 to ${archived.length}`;
  return { ...verdict, doesNotProve: limits(verdict, archived.length === 0 ? null : `What ${before} held: verify the archived bundles together with this one.`) };
}
