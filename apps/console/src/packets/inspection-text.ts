import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";
import { counted } from "./packet-text.ts";

export type Inspection = OutputOf<"packets.inspect">;
export type InspectedFile = Inspection["files"][number];
export type Effect = Inspection["release"];
export type Variable = InspectedFile["variables"][number];
type Check = InspectedFile["checks"][number]["check"];

export const CHECK_TEXT: Readonly<Record<Check, { readonly title: string; readonly asks: string }>> = {
  structure: { title: "Structure", asks: "Every row is what the file's own column definitions say." },
  study: { title: "Study", asks: "Every row names this study." },
  sites: { title: "Sites", asks: "Every site that is named is registered, and is the subject's." },
  subjects: { title: "Subjects", asks: "Every subject is known here, or comes with its demographics." },
  identity: { title: "Records", asks: "Every record has what identifies it, and is there once." },
};

export const CLASS_TEXT: Readonly<Record<Variable["classification"], { readonly text: string; readonly tone: BadgeTone }>> = {
  public: { text: "public", tone: "stands" },
  regulatory: { text: "regulatory", tone: "neutral" },
  phi: { text: "PHI", tone: "caution" },
  treatment: { text: "treatment, never shown", tone: "shut" },
};

/** The 18 identifiers of 45 CFR 164.514(b)(2)(i), (A) to (R), in a few words each. */
const HIPAA = [
  "names",
  "place smaller than a state",
  "dates, and ages over 89",
  "telephone numbers",
  "fax numbers",
  "e-mail addresses",
  "social security numbers",
  "medical record numbers",
  "health plan numbers",
  "account numbers",
  "certificate and licence numbers",
  "vehicle identifiers",
  "device identifiers",
  "web addresses",
  "IP addresses",
  "biometric identifiers",
  "photographs of the face",
  "any other unique number or code",
] as const;

/** An identifier by its letter in the rule: `C: dates, and ages over 89`. */
export const hipaaText = (place: number): string => `${String.fromCodePoint(64 + place)}: ${HIPAA[place - 1] ?? "unlisted"}`;

/** How a person finds a file of a packet again: by its place and its domain. A file's own name may hold PHI, and isn't known here. */
export const fileText = ({ n, dataset }: Pick<InspectedFile, "n" | "dataset">): string => `file ${n} (${dataset})`;

/** What a release would do now, in sentences; the same before it and in the dialog that asks for it. */
export function effectSentences({ subjects, records, documents, equal }: Pick<Effect, "subjects" | "records" | "documents" | "equal">): readonly string[] {
  if (equal) return ["Everything in it is stored already: nothing would change."];
  return [
    ...(subjects.created > 0 ? [`${counted(subjects.created, "subject")} would be new here.`] : []),
    ...(records.created > 0 ? [`${counted(records.created, "record")} would be new.`] : []),
    ...(records.updated > 0 ? [`${counted(records.updated, "record")} ${records.updated === 1 ? "differs" : "differ"} and would get a new version; the old one stays.`] : []),
    ...(records.unchanged > 0
      ? [`${counted(records.unchanged, "record")} ${records.unchanged === 1 ? "is" : "are"} stored as ${records.unchanged === 1 ? "it is" : "they are"} already.`]
      : []),
    ...(records.absent > 0
      ? [
          `${counted(records.absent, "stored record")} ${records.absent === 1 ? "isn't" : "aren't"} in these files and would stay as ${records.absent === 1 ? "it is" : "they are"}.`,
        ]
      : []),
    ...(documents.created > 0 ? [`${counted(documents.created, "document")} would be new.`] : []),
    ...(documents.updated > 0 ? [`${counted(documents.updated, "document")} would get a new version; the old one stays.`] : []),
    ...(documents.unchanged > 0 ? [`${counted(documents.unchanged, "document")} ${documents.unchanged === 1 ? "is" : "are"} stored already, byte for byte.`] : []),
  ];
}

/** What a release did, in sentences. */
export function outcomeSentences(subjects: Effect["subjects"], records: Effect["records"] | null, documents: Effect["documents"] | null): readonly string[] {
  const changed = records ?? { ...subjects, absent: 0 };
  const papers = documents ?? { created: 0, updated: 0, unchanged: 0 };
  if (subjects.created + changed.created + changed.updated + papers.created + papers.updated === 0) return ["Everything in it was stored already: nothing was changed."];
  return [
    ...(subjects.created > 0 ? [`${counted(subjects.created, "subject")} came in.`] : []),
    ...(changed.created > 0 ? [`${counted(changed.created, "record")} came in.`] : []),
    ...(changed.updated > 0 ? [`${counted(changed.updated, "record")} got a new version.`] : []),
    ...(changed.unchanged > 0 ? [`${counted(changed.unchanged, "record")} ${changed.unchanged === 1 ? "was" : "were"} stored already.`] : []),
    ...(papers.created > 0 ? [`${counted(papers.created, "document")} came in.`] : []),
    ...(papers.updated > 0 ? [`${counted(papers.updated, "document")} got a new version.`] : []),
    ...(papers.unchanged > 0 ? [`${counted(papers.unchanged, "document")} ${papers.unchanged === 1 ? "was" : "were"} stored already.`] : []),
  ];
}

/** How many of a file's checks don't hold. */
export const failedChecks = ({ checks }: Pick<InspectedFile, "checks">): number => checks.filter(({ passed }) => !passed).length;
