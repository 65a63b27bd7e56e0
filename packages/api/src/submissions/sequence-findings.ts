import type { SequenceFinding } from "@sallyport/contracts";
import type { DocumentRow, StandingSignature } from "@sallyport/phi";
import type { Grant } from "@sallyport/policy";
import { BACKBONE, BACKBONE_MD5, collidingPaths, outsideOfModules, pathFault, type PlacedDocument } from "@sallyport/submission";
import type { z } from "zod";
import type { ApiDeps } from "../ports.ts";
import { signatureSummary } from "../signatures/signature-summary.ts";
import { trailWords } from "../signatures/trail-word.ts";

export type Finding = z.output<typeof SequenceFinding>;

/** A file of a sequence with all that is known of it now. */
export interface KnownFile extends PlacedDocument {
  /** The version that stands here; null where the caller doesn't reach it. */
  readonly row: DocumentRow | null;
  readonly newest: number | null;
  /** Signatures of this very version that hold and are in force. */
  readonly valid: readonly StandingSignature[];
  readonly isBroken: boolean;
  readonly isApproved: boolean;
}

/** Which content a name may have. */
const NAMED: Readonly<Record<string, RegExp>> = { "application/pdf": /\.pdf$/, "application/xml": /\.xml$/ };

/** Looks up what stands in a sequence: its versions, and each of their signatures, verified now. */
export async function knownFiles<Tx>(deps: ApiDeps<Tx>, grant: Grant, placed: readonly PlacedDocument[]): Promise<readonly KnownFile[]> {
  const beside = { deployment: deps.deployment, vkeys: deps.signingKey().behind, person: grant.person };
  const known: KnownFile[] = [];
  for (const file of placed) {
    const { versions, given } = await deps.read(async (tx) => ({
      versions: await deps.documents.versions(tx, grant, file.document),
      given: await deps.signatures.of(tx, grant, file.document),
    }));
    const row = versions.find(({ version }) => version === file.version) ?? null;
    const signatures = row === null ? [] : given.filter(({ version }) => version === file.version);
    const words = await trailWords(deps, grant, signatures);
    const judged = signatures.map((signature) => ({ signature, state: row === null ? "broken" : signatureSummary(signature, row, { ...beside, words }).state }));
    const valid = judged.filter(({ state }) => state === "valid").map(({ signature }) => signature);
    known.push({
      ...file,
      row,
      newest: versions[0]?.version ?? null,
      valid,
      isBroken: judged.some(({ state }) => state === "broken"),
      isApproved: valid.some(({ meaning }) => meaning === "approval"),
    });
  }
  return known;
}

/** What is to be said of a sequence's files. What stops, stops a packet from being prepared. */
export function sequenceFindings(sequence: string, files: readonly KnownFile[]): readonly Finding[] {
  const colliding = new Set(collidingPaths(files.map(({ path }) => path)));
  const isUploaded = files.some(({ path }) => path === BACKBONE);
  return files.flatMap(({ path, row, newest, version, needsApproval, isBroken, isApproved }) => {
    const found = (finding: Finding["finding"], is: boolean, stops = true): readonly Finding[] => (is ? [{ path, finding, stops }] : []);
    return [
      ...found("path", pathFault(`${sequence}/${path}`) !== null || path === BACKBONE_MD5),
      ...found("colliding", colliding.has(path)),
      ...found("gone", row === null),
      ...found("media", row !== null && NAMED[row.mediaType]?.test(path) !== true),
      ...found("module", !isUploaded && outsideOfModules(path)),
      ...found("broken", isBroken),
      ...found("unsigned", row !== null && !isApproved, needsApproval),
      ...found("superseded", newest !== null && newest > version, false),
    ];
  });
}

/** The places of what stops. */
export const stopped = (findings: readonly Finding[]): readonly string[] => findings.filter(({ stops }) => stops).map(({ path, finding }) => `${path}: ${finding}`);
