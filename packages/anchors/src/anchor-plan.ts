import { witnessName } from "@sallyport/audit";
import { isOutboundUrl, PlanFile } from "@sallyport/outbound";
import { isAbsolute } from "node:path";
import { z } from "zod";
import type { Anchor } from "./anchor.ts";
import { folderAnchor } from "./folder-anchor.ts";
import { timestampAnchor } from "./timestamp-anchor.ts";
import { witnessAnchor } from "./witness-anchor.ts";

const DEADLINE_MS = 3000;
const FILE = new PlanFile("SALLYPORT_ANCHORS_FILE", "docs/runbooks/anchors.md");
const Address = z.string().max(500).refine(isOutboundUrl);
const Folder = z.string().max(1000).refine(isAbsolute);
const WitnessKey = z.string().max(500).refine(isWitnessKey);
const mode = z.enum(["best-effort", "required"]);
const unanchoredSecondsMax = z.int().min(60).max(86_400).default(300);

/** What an operator writes into the file that `SALLYPORT_ANCHORS_FILE` names. Certificates are in files of their own. */
const Written = z.strictObject({
  mode,
  unanchoredSecondsMax,
  witnesses: z
    .array(z.strictObject({ url: Address, key: WitnessKey, caFile: Folder.optional() }))
    .max(8)
    .default([]),
  timestamp: z.strictObject({ url: Address, caFile: Folder }).optional(),
  folder: Folder.optional(),
});

/** The same as it is handed to the api: with the certificates in it. */
const Plan = z.strictObject({
  mode,
  unanchoredSecondsMax,
  witnesses: z.array(z.strictObject({ url: Address, key: WitnessKey, ca: z.string().optional() })),
  timestamp: z.strictObject({ url: Address, ca: z.string() }).nullable(),
  folder: Folder.nullable(),
});

/** Where checkpoints are anchored, and whether acts wait for it. */
export type AnchorPlan = z.infer<typeof Plan>;

/**
 * Reads what an operator wrote.
 *
 * @param read - Reads a certificate file that it names.
 * @throws SallyportError `setting.invalid`, which names the member.
 */
export function readWrittenPlan(json: string, read: (path: string) => string): AnchorPlan {
  const { witnesses, timestamp, folder, ...rest } = FILE.parse(Written, json);
  const plan: AnchorPlan = {
    ...rest,
    witnesses: witnesses.map(({ url, key, caFile }) => ({ url, key, ...(caFile !== undefined && { ca: FILE.certificates(caFile, read) }) })),
    timestamp: timestamp === undefined ? null : { url: timestamp.url, ca: FILE.certificates(timestamp.caFile, read) },
    folder: folder ?? null,
  };
  if (plan.witnesses.length === 0 && plan.timestamp === null && plan.folder === null) throw FILE.invalid("it names no anchor");
  if (new Set(plan.witnesses.map(({ key }) => key)).size < plan.witnesses.length) throw FILE.invalid("it names a witness twice");
  return plan;
}

/** Reads what {@link readWrittenPlan} gave, as it was handed over. @throws SallyportError `setting.invalid`. */
export const readPlan = (json: string): AnchorPlan => FILE.parse(Plan, json);

/** The anchors of a plan, in its order. */
export const anchorsOf = ({ witnesses, timestamp, folder }: AnchorPlan): readonly Anchor[] => [
  ...witnesses.map(({ url, key, ca }) => witnessAnchor({ url, key, deadlineMs: DEADLINE_MS, ...(ca !== undefined && { ca }) })),
  ...(timestamp === null ? [] : [timestampAnchor({ ...timestamp, deadlineMs: DEADLINE_MS })]),
  ...(folder === null ? [] : [folderAnchor(folder)]),
];

function isWitnessKey(text: string): boolean {
  try {
    witnessName(text);
    return true;
  } catch {
    return false;
  }
}
