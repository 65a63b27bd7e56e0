import { SallyportError } from "@sallyport/errors";
import type { AuditRecord, RecordDraft } from "./model.ts";
import { assertDraft, isPrintableAscii } from "./record-draft.ts";

/** `prev_mac` of a generation's first record: 64 zeros. */
export const ZERO_MAC = "0".repeat(64);

/** The format that `v` names. */
export const RECORD_VERSION = 1;

/** Most characters of an exported line, its newline left out; readers may rely on it. */
export const LINE_LENGTH_MAX = 65_536;

/** Length of `"mac":"<64 hex>",`, which a line has and a body has not. */
const MAC_MEMBER_LENGTH = 73;

/** `mac` sorts directly before this member. An unescaped quote never stands inside a value, so this text occurs once in a body. */
const AFTER_MAC = ',"policy":"';

const HEX_64 = /^[0-9a-f]{64}$/;
const TIMESTAMP = /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z$/;
const DEPLOYMENT = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Where a record stands and when it was sealed: what the custodian adds to a draft. */
export interface RecordPlace {
  readonly deployment: string;
  readonly generation: number;
  /** From 1, without gaps. */
  readonly seq: number;
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ`. */
  readonly timestampUtc: string;
  /** MAC of the record before, or {@link ZERO_MAC}. */
  readonly prevMac: string;
}

/** Whether this is 64 lower-case hexadecimal digits: the one spelling of a MAC. */
export const isMac = (text: string): boolean => HEX_64.test(text);

const unrepresentable = (member: string): SallyportError => new SallyportError("trail.unrepresentable", { member });

/** How a member's text is written where no text of the record needs an escape, and where one may. */
const plain = (text: string): string => `"${text}"`;
const escaped = (text: string): string => JSON.stringify(text);

/** A test that knows the text which it passed last: what the records of a run have in common is matched once a run. */
function remembering(pattern: RegExp): (text: string) => boolean {
  let passed: string | null = null;
  return (text) => {
    if (text === passed) return true;
    if (!pattern.test(text)) return false;
    passed = text;
    return true;
  };
}

const isTimestamp = remembering(TIMESTAMP);
const isDeployment = remembering(DEPLOYMENT);

function assertPlace(at: RecordPlace): void {
  if (!isDeployment(at.deployment)) throw unrepresentable("deployment");
  if (!Number.isSafeInteger(at.generation) || at.generation < 1) throw unrepresentable("generation");
  if (!Number.isSafeInteger(at.seq) || at.seq < 1) throw unrepresentable("seq");
  if (!isTimestamp(at.timestampUtc)) throw unrepresentable("timestamp_utc");
  if (!isMac(at.prevMac) || (at.seq === 1 && at.prevMac !== ZERO_MAC)) throw unrepresentable("prev_mac");
}

/**
 * Makes the canonical bytes of a record without its `mac`: the text that is MACed and stored.
 *
 * It is a template and not a serialiser, since custodian and api both make each record's bytes, and it looks at all of a record's
 * characters at once; a property test holds it byte-equal to RFC 8785. See docs/spec/audit-record-v1.md, section 2.
 *
 * @throws SallyportError `trail.unrepresentable`, naming the member, for whatever a record can't hold.
 */
export function encodeRecord(draft: RecordDraft, at: RecordPlace): string {
  const quoted = assertDraft(draft) ? plain : escaped;
  assertPlace(at);
  const body =
    `{"action":${quoted(draft.action)},"chain":${quoted(draft.chain)},"decision":${quoted(draft.decision)}` +
    `,"deployment":"${at.deployment}","detail":${quoted(draft.detail)},"generation":${at.generation}` +
    `,"policy":${quoted(draft.policy)},"prev_mac":"${at.prevMac}","principal":${quoted(draft.principal)}` +
    `,"reason":${quoted(draft.reason)},"request_id":${quoted(draft.request_id)},"resource":${quoted(draft.resource)}` +
    `,"role":${quoted(draft.role)},"seq":${at.seq},"site":${quoted(draft.site)}` +
    `,"timestamp_utc":"${at.timestampUtc}","v":${RECORD_VERSION},"workload":${quoted(draft.workload)}}`;
  if (body.length + MAC_MEMBER_LENGTH > LINE_LENGTH_MAX) throw unrepresentable("length");
  return body;
}

/**
 * Makes the exported line (its newline left out): the body with `mac` at its sorted place.
 *
 * @throws SallyportError `trail.unrepresentable` where the body is no record's or the MAC isn't one.
 */
export function lineOf(body: string, mac: string): string {
  const at = body.indexOf(AFTER_MAC);
  if (at === -1) throw unrepresentable("body");
  if (!isMac(mac)) throw unrepresentable("mac");
  return `${body.slice(0, at + 1)}"mac":"${mac}"${body.slice(at)}`;
}

/** A line, taken apart. */
export interface ParsedLine {
  readonly record: AuditRecord;
  readonly mac: string;
  /** The canonical bytes that were MACed. */
  readonly body: string;
}

const unreadable = (): SallyportError => new SallyportError("trail.unreadable");

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable();
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw unreadable();
  return value as Record<string, unknown>;
}

function textMember(object: Record<string, unknown>, name: string): string {
  const value = object[name];
  if (typeof value !== "string") throw unreadable();
  return value;
}

function numberMember(object: Record<string, unknown>, name: string): number {
  const value = object[name];
  if (typeof value !== "number") throw unreadable();
  return value;
}

function recordOf(object: Record<string, unknown>): AuditRecord {
  const text = (name: string): string => textMember(object, name);
  return {
    v: numberMember(object, "v"),
    deployment: text("deployment"),
    chain: text("chain"),
    generation: numberMember(object, "generation"),
    seq: numberMember(object, "seq"),
    timestamp_utc: text("timestamp_utc"),
    principal: text("principal"),
    role: text("role"),
    workload: text("workload"),
    action: text("action"),
    resource: text("resource"),
    site: text("site"),
    decision: text("decision") as AuditRecord["decision"],
    reason: text("reason"),
    request_id: text("request_id"),
    policy: text("policy"),
    detail: text("detail"),
    prev_mac: text("prev_mac"),
  };
}

function encodeAgain(record: AuditRecord): string {
  const { deployment, generation, seq, timestamp_utc, prev_mac } = record;
  try {
    return encodeRecord(record, { deployment, generation, seq, timestampUtc: timestamp_utc, prevMac: prev_mac });
  } catch {
    throw unreadable();
  }
}

/**
 * Reads a stored body (canonical bytes without `mac`) and proves that encoding it again gives the same bytes, which leaves no room
 * for a second `decision`, another spelling of a string, white space or a member of somebody else's.
 *
 * @throws SallyportError `trail.unreadable`.
 */
export function parseBody(body: string): AuditRecord {
  const record = recordOf(parseObject(body));
  if (encodeAgain(record) !== body) throw unreadable();
  return record;
}

const isSame = (spelled: string, line: string): boolean => spelled === line;

/**
 * Reads an exported line (its newline left out), as strictly as {@link parseBody}.
 *
 * @param isSpelling - Port: whether the line is what its record is spelled as; a test replaces it.
 * @throws SallyportError `trail.unreadable`.
 */
export function parseLine(line: string, isSpelling: typeof isSame = isSame): ParsedLine {
  if (line.length > LINE_LENGTH_MAX || !isPrintableAscii(line)) throw unreadable();
  const object = parseObject(line);
  const mac = textMember(object, "mac");
  if (!isMac(mac)) throw unreadable();
  const record = recordOf(object);
  const body = encodeAgain(record);
  if (!isSpelling(lineOf(body, mac), line)) throw unreadable();
  return { record, mac, body };
}
