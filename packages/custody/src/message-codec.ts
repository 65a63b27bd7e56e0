import { HANDOVERS_MAX } from "@sallyport/audit";
import { codeOf, type ErrorCode, isErrorCode, SallyportError } from "@sallyport/errors";
import type { CustodianStatus, Issued, IssueRequest, KeyContext, Minted, MintRequest, ServiceRequest, SignAnswer, SignRequest, StatusRequest, StoredKey } from "./model.ts";

/** Items that one wrap or unwrap call may hold; the client splits longer lists. */
export const KEYS_MAX = 1024;
/** Chains that one sign or status call may name. */
const CHAINS_MAX = 1024;

/** Printable, so that a chain can be named, and short, so that a context fits its wrapping; the store of records knows the rest. */
const CHAIN_NAME = /^[\x21-\x7e]{1,256}$/;
const NAME = /^[\x21-\x7e]{1,64}$/;
const PURPOSE = /^(?:subject|packet|reference|spool|spooled)$/;
const PRINTABLE = /^[\x20-\x7e]{1,256}$/;
const SPIFFE = /^spiffe:\/\/[a-z0-9.-]{1,128}(?:\/[A-Za-z0-9._-]{1,64}){1,8}$/;
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
/** A signed note; or the JWS of a packet's manifest, which is longer. */
const NOTE = /^[\s\S]{1,1572864}$/;
const VKEY = /^[\x21-\x7e]{1,256}$/;
const DNS = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

export type Fields = Readonly<Record<string, unknown>>;
export const invalid = (why: string): SallyportError => new SallyportError("verb.invalid", { why });

/** Any JSON value of a payload. @throws `verb.invalid`. */
export function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8")) as unknown;
  } catch {
    throw invalid("json");
  }
}

export function fields(value: unknown, allowed: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("object");
  for (const name of Object.keys(value)) if (!allowed.includes(name)) throw invalid("unknown member");
  return value as Fields;
}
export function text(value: unknown, form: RegExp): string {
  if (typeof value !== "string" || !form.test(value)) throw invalid("text");
  return value;
}
export function list<T>(value: unknown, max: number, item: (value: unknown) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > max) throw invalid("list");
  return value.map(item);
}
export function integer(value: unknown, min: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < min) throw invalid("integer");
  return value as number;
}

function parseContext(value: unknown): KeyContext {
  const context = fields(value, ["purpose", "id", "study", "site"]);
  return {
    purpose: text(context["purpose"], PURPOSE) as KeyContext["purpose"],
    id: text(context["id"], NAME),
    study: text(context["study"], NAME),
    site: text(context["site"], NAME),
  };
}

/** Reads a wrap call. @throws `verb.invalid`, as all the readers of requests below. */
export const parseWrapCall = (payload: Buffer): readonly KeyContext[] => list(parseJson(payload), KEYS_MAX, parseContext);

export function parseStoredKey(value: unknown): StoredKey {
  const item = fields(value, ["context", "wrapped"]);
  return { context: parseContext(item["context"]), wrapped: text(item["wrapped"], /^[\x21-\x7e]{1,1024}$/) };
}

/** Reads an unwrap call. */
export const parseUnwrapCall = (payload: Buffer): readonly StoredKey[] => list(parseJson(payload), KEYS_MAX, parseStoredKey);

/** Reads a mint call. */
export function parseMintCall(payload: Buffer): MintRequest {
  const request = fields(parseJson(payload), ["sub", "scope", "azp", "x5t"]);
  return {
    sub: text(request["sub"], /^[\x21-\x7e]{1,256}$/),
    scope: text(request["scope"], /^[\x20-\x7e]{0,2048}$/),
    azp: text(request["azp"], SPIFFE),
    x5t: text(request["x5t"], THUMBPRINT),
  };
}

/** Reads an issue request, from whichever channel it came. */
export function parseIssueRequest(value: unknown): IssueRequest {
  const request = fields(value, ["csr", "spiffe", "dns"]);
  const csr = request["csr"];
  if (typeof csr !== "string" || csr.length > 8192) throw invalid("csr");
  return { csr, spiffe: text(request["spiffe"], SPIFFE), dns: list(request["dns"], 8, (name) => text(name, DNS)) };
}

const PEM = /^-----BEGIN [A-Z ]{1,40}-----\n[A-Za-z0-9+/=\n]{1,8192}\n-----END [A-Z ]{1,40}-----\n$/;
const PROOF = /^[A-Za-z0-9_-]{80,120}$/;

/** Reads an issue call over the wire: services' certificates alone. */
export function parseServiceCall(payload: Buffer): ServiceRequest | { readonly kind: "revocation"; readonly service: string } {
  const call = parseJson(payload);
  const { kind } = fields(call, ["kind", "csr", "statement", "certificate", "proof", "service"]);
  switch (kind) {
    case "enrolment": {
      const { csr, statement, proof } = fields(call, ["kind", "csr", "statement", "proof"]);
      return { kind, csr: text(csr, PEM), statement: text(statement, /^[\s\S]{2,16384}$/), proof: text(proof, PROOF) };
    }
    case "renewal": {
      const { csr, certificate, proof } = fields(call, ["kind", "csr", "certificate", "proof"]);
      return { kind, csr: text(csr, PEM), certificate: text(certificate, PEM), proof: text(proof, PROOF) };
    }
    case "revocation":
      return { kind, service: text(fields(call, ["kind", "service"])["service"], NAME) };
    default:
      throw invalid("kind");
  }
}

/** Reads what was issued. */
export function parseIssued(payload: Buffer): Issued {
  const answer = fields(parseJson(payload), ["cert", "ca", "notAfterS"]);
  return { cert: text(answer["cert"], PEM), ca: text(answer["ca"], /^[\s\S]{1,65536}$/), notAfterS: integer(answer["notAfterS"], 1) };
}

/** Reads a sign call. */
export function parseSignCall(payload: Buffer): SignRequest {
  const request = fields(parseJson(payload), [
    "kind",
    "chains",
    "canonical",
    "statement",
    "chain",
    "requestedBy",
    "requestId",
    "generation",
    "from",
    "to",
    "exportedAt",
    "records",
    "sha256",
    "vkey",
  ]);
  const chain = (): string => text(request["chain"], CHAIN_NAME);
  const vkey = (): string => text(request["vkey"], VKEY);
  switch (request["kind"]) {
    case "checkpoint":
      return { kind: "checkpoint", chains: list(request["chains"], CHAINS_MAX, (name) => text(name, CHAIN_NAME)) };
    case "policy":
    case "profile":
    case "packet": {
      const { kind, canonical, statement } = request;
      if (typeof canonical !== "string" || (statement !== null && typeof statement !== "string")) throw invalid("document");
      return { kind, canonical, statement };
    }
    case "export":
      return {
        kind: "export",
        chain: chain(),
        ...(request["generation"] !== undefined && { generation: integer(request["generation"], 1) }),
        requestedBy: text(request["requestedBy"], PRINTABLE),
        requestId: text(request["requestId"], PRINTABLE),
      };
    case "excerpt":
      return {
        kind: "excerpt",
        vkey: vkey(),
        exportedAt: text(request["exportedAt"], PRINTABLE),
        requestedBy: text(request["requestedBy"], PRINTABLE),
        requestId: text(request["requestId"], PRINTABLE),
        records: integer(request["records"], 0),
        sha256: text(request["sha256"], /^[0-9a-f]{64}$/),
      };
    case "leaves":
      return {
        kind: "leaves",
        vkey: vkey(),
        chain: chain(),
        generation: integer(request["generation"], 1),
        from: integer(request["from"], 1),
        to: integer(request["to"], 1),
      };
    default:
      throw invalid("kind");
  }
}

/** Keys of a ring that one node may name. */
const HELD_MAX = 64;

/** Reads a status call; `verify: ["*"]` means every chain. */
export function parseStatusCall(payload: Buffer): StatusRequest {
  const options = fields(parseJson(payload), ["acknowledge", "verify", "holds"]);
  return {
    ...(options["acknowledge"] !== undefined && { acknowledge: integer(options["acknowledge"], 0) }),
    ...(options["verify"] !== undefined && { verify: list(options["verify"], CHAINS_MAX, (name) => (name === "*" ? "*" : text(name, CHAIN_NAME))) }),
    ...(options["holds"] !== undefined && { holds: parseHolds(options["holds"]) }),
  };
}

function parseHolds(value: unknown): NonNullable<StatusRequest["holds"]> {
  const holds = fields(value, ["node", "tokenKeys", "signKeys"]);
  const ids = (name: string): readonly string[] => list(holds[name], HELD_MAX, (id) => text(id, NAME));
  return { node: text(holds["node"], NAME), tokenKeys: ids("tokenKeys"), signKeys: ids("signKeys") };
}

/** One key of a wrap or unwrap answer as it travels, or why this one was not opened while the others were. */
export type KeyAnswer = { readonly key: string; readonly wrapped?: string } | { readonly code: ErrorCode };

/** Reads a wrap or unwrap answer: as many as were asked for. @throws `verb.invalid`, as all the readers of answers below. */
export const parseKeyAnswers = (payload: Buffer, count: number): readonly KeyAnswer[] => {
  const answers = list(parseJson(payload), count, (value): KeyAnswer => {
    const { key, wrapped, code } = fields(value, ["key", "wrapped", "code"]);
    if (isErrorCode(code)) return { code };
    return { key: text(key, /^[A-Za-z0-9_-]{43}$|^[A-Za-z0-9_-]{22}$/), ...(wrapped !== undefined && { wrapped: text(wrapped, /^[\x21-\x7e]{1,1024}$/) }) };
  });
  if (answers.length !== count) throw invalid("count");
  return answers;
};

/** Reads a mint answer. */
export function parseMinted(payload: Buffer): Minted {
  const answer = fields(parseJson(payload), ["token", "jti", "expS"]);
  return { token: text(answer["token"], /^[A-Za-z0-9_.-]{1,4096}$/), jti: text(answer["jti"], PRINTABLE), expS: integer(answer["expS"], 1) };
}

/** Reads a sign answer. The notes are proven by whoever uses them, under the pinned key. */
export function parseSignAnswer(payload: Buffer): SignAnswer {
  const answer = fields(parseJson(payload), ["notes", "checkpoints", "by"]);
  const notes = list(answer["notes"], 65536, (note) => text(note, NOTE));
  if (!Array.isArray(answer["checkpoints"])) throw invalid("checkpoints");
  return { notes, checkpoints: answer["checkpoints"] as SignAnswer["checkpoints"], ...(answer["by"] !== undefined && { by: parseBy(answer["by"]) }) };
}

function parseBy(value: unknown): NonNullable<SignAnswer["by"]> {
  const by = fields(value, ["vkey", "handovers"]);
  return { vkey: text(by["vkey"], VKEY), handovers: list(by["handovers"], HANDOVERS_MAX, (note) => text(note, NOTE)) };
}

/** Reads a status answer. Both ends are of one version, so its depth isn't checked again. */
export function parseStatus(payload: Buffer): CustodianStatus {
  const status = parseJson(payload);
  if (typeof status !== "object" || status === null || typeof (status as Fields)["deployment"] !== "string" || !Array.isArray((status as Fields)["marks"])) throw invalid("status");
  return status as CustodianStatus;
}

/** The payload of a failed answer. Only the code crosses. */
export const encodeFailure = (error: unknown): string => JSON.stringify({ code: codeOf(error) });

/** The code of a failed answer, or undefined where it has none that the catalogue knows. */
export function decodeFailure(payload: Buffer): ErrorCode | undefined {
  try {
    const { code } = JSON.parse(payload.toString("utf8")) as { code?: unknown };
    return isErrorCode(code) ? code : undefined;
  } catch {
    return undefined;
  }
}
