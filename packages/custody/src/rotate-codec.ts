import { isErrorCode } from "@sallyport/errors";
import { RING_NAMES, RING_STEPS } from "./key-ring.ts";
import { fields, integer, invalid, KEYS_MAX, list, parseJson, parseStoredKey, text } from "./message-codec.ts";
import type { RewrapAnswer, RotateAnswers, RotateRequest, ShredAnswer, ShredRequest } from "./model.ts";

const STATEMENT = /^[\s\S]{2,16384}$/;

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw invalid("word");
  return found;
}

/** Reads a rotate call. @throws `verb.invalid`. */
export function parseRotateCall(payload: Buffer): RotateRequest {
  const call = parseJson(payload);
  const { kind } = fields(call, ["kind", "ring", "step", "at", "statement", "items"]);
  switch (kind) {
    case "rings":
      fields(call, ["kind"]);
      return { kind };
    case "step": {
      const { ring, step, at, statement } = fields(call, ["kind", "ring", "step", "at", "statement"]);
      return { kind, ring: oneOf(RING_NAMES, ring), step: oneOf(RING_STEPS, step), at: integer(at, 0), statement: statement === null ? null : text(statement, STATEMENT) };
    }
    case "rewrap":
      return { kind, items: list(fields(call, ["kind", "items"])["items"], KEYS_MAX, parseStoredKey) };
    default:
      throw invalid("kind");
  }
}

/** Packets that one shred may name. */
const PACKETS_MAX = 100_000;

/** Reads a shred call. @throws `verb.invalid`. */
export function parseShredCall(payload: Buffer): ShredRequest {
  const { kind, statement, packets } = fields(parseJson(payload), ["kind", "statement", "packets"]);
  return { kind: oneOf(["check", "shred"], kind), statement: text(statement, STATEMENT), packets: list(packets, PACKETS_MAX, (id) => text(id, /^pkt_[0-9a-z]{26}$/)) };
}

/** Reads a shred answer. @throws `verb.invalid`. */
export function parseShredAnswer(payload: Buffer): ShredAnswer {
  const { at } = fields(parseJson(payload), ["at"]);
  return { at: at === null ? null : text(at, /^[0-9TZ:.-]{24}$/) };
}

const READERS: { readonly [K in RotateRequest["kind"]]: (answer: unknown) => RotateAnswers[K] } = {
  rings: (answer) => {
    const { rings, root, certificates } = fields(answer, ["rings", "root", "certificates"]);
    if (!Array.isArray(rings) || rings.length !== RING_NAMES.length) throw invalid("rings");
    if (typeof root !== "object" || root === null) throw invalid("root");
    if (!Array.isArray(certificates)) throw invalid("certificates");
    return { rings: rings as RotateAnswers["rings"]["rings"], root: root as RotateAnswers["rings"]["root"], certificates: certificates as RotateAnswers["rings"]["certificates"] };
  },
  step: (answer) => {
    const { ring } = fields(answer, ["ring"]);
    if (typeof ring !== "object" || ring === null) throw invalid("ring");
    return { ring: ring as RotateAnswers["step"]["ring"] };
  },
  rewrap: (answer) => ({
    keys: list(fields(answer, ["keys"])["keys"], KEYS_MAX, (value): RewrapAnswer => {
      const { wrapped, code } = fields(value, ["wrapped", "code"]);
      return isErrorCode(code) ? { code } : { wrapped: text(wrapped, /^[\x21-\x7e]{1,1024}$/) };
    }),
  }),
};

/** Reads a rotate answer. Both ends are of one version, so what a ring looks like isn't checked again. @throws `verb.invalid`. */
export const parseRotateAnswer = <K extends RotateRequest["kind"]>(kind: K, payload: Buffer): RotateAnswers[K] => READERS[kind](parseJson(payload));
