import { canonicalJson } from "@sallyport/crypto";

/** What each member of a record means, for the reader of an export. */
export const RECORD_MEMBERS = {
  action: "What was done or tried, as noun.verb.",
  chain: "The chain of this record: system, or site:<study>/<site>.",
  decision: "allow, deny, error (was allowed, then failed; nothing of it happened) or note (something that needed no decision).",
  deployment: "The installation of Sallyport.",
  detail: "Particulars: ids, counts, versions and commitments; never a clinical value.",
  generation: "Which part of the chain, from 1; a new one begins with a new audit key, an archive or an incident.",
  mac: "HMAC-SHA-256 over the record without this member, under the generation's audit key.",
  policy: "The policy version that decided, and the beginning of its digest; - where none did.",
  prev_mac: "The mac of the record before; 64 zeros in the first of a generation.",
  principal: "Who acted; names.json has the display names.",
  reason: "Why it was decided so, or the error's code.",
  request_id: "The request, as the caller was told it.",
  resource: "What it was done to, as type:id; subjects by a keyed reference.",
  role: "The role under which it was allowed; - where none was.",
  seq: "Place in the generation, from 1, without gaps.",
  site: "The site concerned, as study/site; - where none is.",
  timestamp_utc: "When it was sealed, by the custodian's clock, in UTC.",
  v: "Version of the record format.",
  workload: "The program that called, by its SPIFFE id.",
} as const satisfies Record<string, string>;

/** The words that a deployment's records use, with what they mean. */
export interface Vocabulary {
  readonly actions: Readonly<Record<string, string>>;
  readonly reasons: Readonly<Record<string, string>>;
}

/** Spells `dictionary.json`. */
export const dictionaryText = ({ actions, reasons }: Vocabulary): string => `${canonicalJson({ v: 1, members: RECORD_MEMBERS, actions, reasons })}\n`;
