import { witnessName } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { isOutboundUrl } from "@sallyport/outbound";
import { isAbsolute } from "node:path";
import { z } from "zod";
import type { Anchor } from "./anchor.ts";
import { folderAnchor } from "./folder-anchor.ts";
import { timestampAnchor } from "./timestamp-anchor.ts";
import { witnessAnchor } from "./witness-anchor.ts";

const DEADLINE_MS = 3000;
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
  const { witnesses, timestamp, folder, ...rest } = parse(Written, json);
  const plan: AnchorPlan = {
    ...rest,
    witnesses: witnesses.map(({ url, key, caFile }) => ({ url, key, ...(caFile !== undefined && { ca: certificatesIn(caFile, read) }) })),
    timestamp: timestamp === undefined ? null : { url: timestamp.url, ca: certificatesIn(timestamp.caFile, read) },
    folder: folder ?? null,
  };
  if (plan.witnesses.length === 0 && plan.timestamp === null && plan.folder === null) throw invalid("it names no anchor");
  if (new Set(plan.witnesses.map(({ key }) => key)).size < plan.witnesses.length) throw invalid("it names a witness twice");
  return plan;
}

/** Reads what {@link readWrittenPlan} gave, as it was handed over. @throws SallyportError `setting.invalid`. */
export const readPlan = (json: string): AnchorPlan => parse(Plan, json);

/** The anchors of a plan, in its order. */
export const anchorsOf = ({ witnesses, timestamp, folder }: AnchorPlan): readonly Anchor[] => [
  ...witnesses.map(({ url, key, ca }) => witnessAnchor({ url, key, deadlineMs: DEADLINE_MS, ...(ca !== undefined && { ca }) })),
  ...(timestamp === null ? [] : [timestampAnchor({ ...timestamp, deadlineMs: DEADLINE_MS })]),
  ...(folder === null ? [] : [folderAnchor(folder)]),
];

const invalid = (reason: string): SallyportError =>
  new SallyportError("setting.invalid", { setting: "SALLYPORT_ANCHORS_FILE", reason, remedy: "correct the file; docs/runbooks/anchors.md has an example" });

function parse<T>(schema: z.ZodType<T>, json: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw invalid("it is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(`this isn't what it takes: ${parsed.error.issues[0]?.path.join(".") ?? ""}`);
}

function certificatesIn(file: string, read: (path: string) => string): string {
  let text = "";
  try {
    text = read(file);
  } catch {
    throw invalid("it names a certificate file that can't be read");
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) throw invalid("it names a certificate file without a certificate");
  return text;
}

function isWitnessKey(text: string): boolean {
  try {
    witnessName(text);
    return true;
  } catch {
    return false;
  }
}
