import { canonicalJson, sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Classification } from "./ports.ts";
import { type Binding, type Naming, type Profile, PROFILE_SOURCES, type ProfileSource, VARIABLE_KINDS, type VariableKind, type VariableRule } from "./profile.ts";
import { CONSENT } from "./subject-acts.ts";

/** Bytes of a document's canonical form at most. */
const PROFILE_BYTES_MAX = 192 * 1024;
const RULES_MAX = 2_000;
const TEXT_MAX = 200;
const WHERE_MAX = 20;
const PROFILE_ID = /^[a-z][a-z0-9-]{1,39}$/;
const DOMAIN = /^(\*|[A-Z][A-Z0-9]{1,7})$/;
const SDTM_NAME = /^[A-Z][A-Z0-9_]{0,15}$/;
const FHIR_NAME = /^_?[A-Za-z][A-Za-z0-9]*(\._?[A-Za-z][A-Za-z0-9]*)*$/;
const FHIR_NAME_MAX = 100;
const CLASSIFICATIONS: readonly Classification[] = ["public", "regulatory", "phi", "treatment"];
/** Less than PHI is possible for these two of what HIPAA lists: each value is judged by itself. */
const BY_VALUE: readonly VariableKind[] = ["date", "age"];

/** The one byte form of a profile (RFC 8785): what is signed and what is stored. */
export const canonicalProfile = (profile: Profile): string => canonicalJson(profile);

/** SHA-256 of the canonical bytes, lower-case hex. */
export const profileDigest = (profile: Profile): string => sha256Hex(canonicalProfile(profile));

/** `<id>/<version>`: how packets, records and people cite a profile. */
export const profileLabel = ({ id, version }: Pick<Profile, "id" | "version">): string => `${id}/${version}`;

/**
 * Reads a profile's document (docs/spec/profile-v1.md).
 *
 * @throws SallyportError `profile.invalid` with up to 20 places in `where`: a member that is missing, unknown or of another type; a
 * free text, or an identifier that HIPAA lists, that is less than PHI; more than 2,000 variables or 192 KiB.
 */
export function readProfile(text: string): Profile {
  const faults: string[] = [];
  const profile = profileOf(parsed(text), faults);
  if (profile === null || faults.length > 0) throw invalid(faults);
  if (Buffer.byteLength(canonicalProfile(profile), "utf8") > PROFILE_BYTES_MAX) throw invalid(["the document: larger than 192 KiB"]);
  return profile;
}

function parsed(text: string): unknown {
  if (Buffer.byteLength(text, "utf8") > 2 * PROFILE_BYTES_MAX) throw invalid(["the document: larger than it may be"]);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid(["the document: not JSON"]);
  }
}

const invalid = (where: readonly string[]): SallyportError => new SallyportError("profile.invalid", { where: where.slice(0, WHERE_MAX) });

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown, place: string, names: readonly string[], faults: string[]): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    faults.push(`${place}: not an object`);
    return {};
  }
  for (const name of names) if (!Object.hasOwn(value, name)) faults.push(`${place}: has no ${name}`);
  if (Object.keys(value).some((name) => !names.includes(name))) faults.push(`${place}: has a member that a profile doesn't have`);
  return value as Members;
}

function profileOf(value: unknown, faults: string[]): Profile | null {
  const found = membersOf(value, "the document", ["id", "version", "title", "source", "binding", "domains"], faults);
  if (faults.length > 0) return null;
  const { id, version, title, source } = found;
  if (typeof id !== "string" || !PROFILE_ID.test(id)) faults.push("id: not a profile's name");
  if (!Number.isSafeInteger(version) || (version as number) < 1 || (version as number) > 1_000_000) faults.push("version: not a number from 1");
  if (!isText(title) || title === "") faults.push("title: missing or too long");
  if (!isOneOf(PROFILE_SOURCES, source)) {
    faults.push("source: neither dataset-json nor fhir-r4");
    return null;
  }
  const binding = bindingOf(found["binding"], source, faults);
  const domains = domainsOf(found["domains"], source, faults);
  return { id: id as string, version: version as number, title: title as string, source, binding, domains };
}

function bindingOf(value: unknown, source: ProfileSource, faults: string[]): Binding {
  const { domain, subject, site } = membersOf(value, "binding", ["domain", "subject", "site"], faults);
  const naming = (named: unknown, place: string): Naming => {
    const { path, system, prefix } = membersOf(named, place, ["path", "system", "prefix"], faults);
    if (!isText(path) || !isText(prefix) || (system !== null && (!isText(system) || system === ""))) faults.push(`${place}: not a path with a system or a prefix`);
    return { path: path as string, system: system as string | null, prefix: prefix as string };
  };
  const binding = { domain: domain as string, subject: naming(subject, "binding.subject"), site: naming(site, "binding.site") };
  if (source === "dataset-json") {
    const isPlain = ({ path, system, prefix }: Naming, name: string): boolean => path === name && system === null && prefix === "";
    if (domain !== "DM" || !isPlain(binding.subject, "USUBJID") || !isPlain(binding.site, "SITEID"))
      faults.push("binding: in Dataset-JSON it is DM that binds, by USUBJID and SITEID");
    return binding;
  }
  if (domain !== "PATIENT") faults.push("binding: in FHIR R4 it is PATIENT that binds");
  if (binding.subject.path !== "identifier" || binding.subject.system === null || binding.subject.prefix !== "") faults.push("binding.subject: not the identifier of one system");
  const { path, system, prefix } = binding.site;
  const isNamed = path === "managingOrganization.identifier" ? system !== null && prefix === "" : path === "managingOrganization.reference" && system === null;
  if (!isNamed) faults.push("binding.site: neither managingOrganization.identifier of one system nor managingOrganization.reference");
  return binding;
}

function domainsOf(value: unknown, source: ProfileSource, faults: string[]): Profile["domains"] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    faults.push("domains: not an object");
    return {};
  }
  let rules = 0;
  const isName = (name: string): boolean => (source === "dataset-json" ? SDTM_NAME.test(name) : FHIR_NAME.test(name) && name.length <= FHIR_NAME_MAX);
  const domains = Object.entries(value).map(([domain, variables]) => {
    if (!DOMAIN.test(domain) || domain === CONSENT.domain) faults.push("domains: a name that no domain has");
    if (typeof variables !== "object" || variables === null || Array.isArray(variables)) {
      faults.push(`domains.${domain.slice(0, 8)}: not an object`);
      return [domain, {}] as const;
    }
    const own = Object.entries(variables as Members).map(([name, rule]) => {
      rules += 1;
      if (!isName(name)) faults.push(`domains.${domain.slice(0, 8)}: a name that no variable has`);
      return [name, ruleOf(rule, `${domain.slice(0, 8)}.${name.slice(0, FHIR_NAME_MAX)}`, faults)] as const;
    });
    return [domain, Object.fromEntries(own)] as const;
  });
  if (rules > RULES_MAX) faults.push("domains: more variables than a profile may have");
  return Object.fromEntries(domains);
}

function ruleOf(value: unknown, place: string, faults: string[]): VariableRule {
  const { classification, hipaa, kind, note } = membersOf(value, place, ["classification", "hipaa", "kind", "note"], faults);
  if (!isOneOf(CLASSIFICATIONS, classification)) faults.push(`${place}: classified as nothing that is known`);
  if (hipaa !== null && (!Number.isSafeInteger(hipaa) || (hipaa as number) < 1 || (hipaa as number) > 18)) faults.push(`${place}: not one of HIPAA's 18 identifiers`);
  if (!isOneOf(VARIABLE_KINDS, kind)) faults.push(`${place}: of no kind that is known`);
  if (!isText(note)) faults.push(`${place}: a note is missing or too long`);
  const isOpen = classification === "public" || classification === "regulatory";
  if (isOpen && kind === "free_text") faults.push(`${place}: free text can't be less than PHI`);
  if (isOpen && hipaa !== null && !BY_VALUE.includes(kind as VariableKind)) faults.push(`${place}: one of HIPAA's identifiers can't be less than PHI`);
  return { classification: classification as Classification, hipaa: hipaa as number | null, kind: kind as VariableKind, note: note as string };
}

const isText = (value: unknown): value is string => typeof value === "string" && value.length <= TEXT_MAX && !/\p{Cc}|\p{Cs}/u.test(value);
const isOneOf = <T extends string>(list: readonly T[], value: unknown): value is T => (list as readonly unknown[]).includes(value);
