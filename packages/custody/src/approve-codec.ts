import type { ApproveAnswers, ApproveRequest, EnrolmentBasis } from "./model.ts";
import { type Fields, fields, integer, invalid, list, parseJson, text } from "./message-codec.ts";

const PERSON = /^per_[0-9a-hjkmnp-tv-z]{26}$/;
const DIGEST = /^[0-9a-f]{64}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const BASE64URL = /^[A-Za-z0-9_-]{1,8192}$/;
const CREDENTIAL_ID = /^[A-Za-z0-9_-]{22,1364}$/;
const RESPONSE = /^[\s\S]{2,16384}$/;
const INCIDENT = /^inc_[0-9a-hjkmnp-tv-z]{26}$/;
/** Credentials that one call may end. */
const FORGET_MAX = 64;

/** Incidents that one approval may end: one for each chain of a large deployment. */
const INCIDENTS_MAX = 1024;

const orNull = (value: unknown, form: RegExp): string | null => (value === null ? null : text(value, form));

function parseBasis(value: unknown): EnrolmentBasis {
  const basis = fields(value, ["kind", "secret", "response", "approval"]);
  switch (basis["kind"]) {
    case "founding":
      return { kind: "founding", secret: text(fields(value, ["kind", "secret"])["secret"], SECRET) };
    case "own":
      return { kind: "own", response: orNull(fields(value, ["kind", "response"])["response"], RESPONSE) };
    case "invitation":
    case "recovery":
      return { kind: basis["kind"], approval: orNull(fields(value, ["kind", "approval"])["approval"], DIGEST) };
    default:
      throw invalid("basis");
  }
}

/** Reads an approve call. What its texts say is looked at by who uses them. @throws `verb.invalid`. */
export function parseApproveCall(payload: Buffer): ApproveRequest {
  const value = parseJson(payload);
  const { kind } = fields(value, ["kind", "secret", "person", "attestation", "basis", "statement", "response", "manifest", "credentialIds", "approval"]);
  switch (kind) {
    case "founding": {
      const { secret } = fields(value, ["kind", "secret"]);
      return { kind, ...(secret !== undefined && { secret: text(secret, SECRET) }) };
    }
    case "enrol": {
      const { person, attestation, basis } = fields(value, ["kind", "person", "attestation", "basis"]);
      return { kind, person: text(person, PERSON), attestation: orNull(attestation, BASE64URL), basis: parseBasis(basis) };
    }
    case "approve": {
      const { statement, person, response } = fields(value, ["kind", "statement", "person", "response"]);
      return { kind, statement: text(statement, RESPONSE), person: text(person, PERSON), response: text(response, RESPONSE) };
    }
    case "release": {
      const { statement, response } = fields(value, ["kind", "statement", "response"]);
      return { kind, statement: text(statement, RESPONSE), response: text(response, RESPONSE) };
    }
    case "archive": {
      const { statement, response, manifest } = fields(value, ["kind", "statement", "response", "manifest"]);
      return { kind, statement: text(statement, RESPONSE), response: text(response, RESPONSE), manifest: text(manifest, RESPONSE) };
    }
    case "sign": {
      const { manifest, response } = fields(value, ["kind", "manifest", "response"]);
      return { kind, manifest: text(manifest, RESPONSE), response: text(response, RESPONSE) };
    }
    case "forget": {
      const { person, credentialIds, approval } = fields(value, ["kind", "person", "credentialIds", "approval"]);
      return { kind, person: text(person, PERSON), credentialIds: list(credentialIds, FORGET_MAX, (id) => text(id, CREDENTIAL_ID)), approval: orNull(approval, DIGEST) };
    }
    default:
      throw invalid("kind");
  }
}

const founders = (answer: Fields): number => {
  const left = integer(answer["foundersLeft"], 0);
  if (left > 2) throw invalid("founders");
  return left;
};

const answers: { readonly [K in keyof ApproveAnswers]: (value: unknown) => ApproveAnswers[K] } = {
  founding(value) {
    const answer = fields(value, ["foundersLeft", "founder", "used"]);
    const { founder } = answer;
    if (founder !== null && founder !== 1 && founder !== 2) throw invalid("founder");
    const used = answer["used"] === null ? null : fields(answer["used"], ["person", "credentialId"]);
    return {
      foundersLeft: founders(answer),
      founder,
      used: used === null ? null : { person: text(used["person"], PERSON), credentialId: orNull(used["credentialId"], CREDENTIAL_ID) },
    };
  },
  enrol(value) {
    const answer = fields(value, ["foundersLeft", "credentialId", "standing"]);
    const standing = text(answer["standing"], /^(?:proven|attested)$/) as ApproveAnswers["enrol"]["standing"];
    return { foundersLeft: founders(answer), credentialId: orNull(answer["credentialId"], CREDENTIAL_ID), standing };
  },
  approve: (value) => ({ note: text(fields(value, ["note"])["note"], /^[\s\S]{1,65536}$/) }),
  archive: (value) => ({ note: text(fields(value, ["note"])["note"], /^[\s\S]{1,65536}$/) }),
  sign: (value) => ({ note: text(fields(value, ["note"])["note"], /^[\s\S]{1,65536}$/) }),
  release: (value) => ({ ended: list(fields(value, ["ended"])["ended"], INCIDENTS_MAX, (id) => text(id, INCIDENT)) }),
  forget: (value) => ({ forgotten: integer(fields(value, ["forgotten"])["forgotten"], 0) }),
};

/** Reads the answer to an approve call of this kind. @throws `verb.invalid`. */
export const parseApproveAnswer = <K extends keyof ApproveAnswers>(kind: K, payload: Buffer): ApproveAnswers[K] => answers[kind](parseJson(payload));
