import { ROLE_NAME } from "@sallyport/policy/role-name";
import { z } from "zod";

/** Crockford base32, lower case, as `newId` makes it. */
const id = (prefix: string) => z.string().regex(new RegExp(`^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`));

export const PacketId = id("pkt");
export const SubjectId = id("sub");
export const DocumentId = id("doc");
export const SignatureId = id("sig");
export const RecipientId = id("rcp");
export const SubmissionId = id("sbm");
export const SealedPacketId = id("spk");

/** A registered study's or site's name: what may stand in `site:<study>/<site>`. */
export const StudyId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/);
export const SiteId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,19}$/);

/** `site:<study>/<site>` or `system`. */
export const ChainName = z.string().regex(/^(?:system|site:[A-Za-z0-9][A-Za-z0-9_.-]{0,39}\/[A-Za-z0-9][A-Za-z0-9_.-]{0,19})$/);

/** An SDTM domain, or a supplement of one. */
export const Domain = z.string().regex(/^[A-Z][A-Z0-9]{1,7}$/);

/** A record of a subject: `1` in domains with one a subject, else a keyed digest of what identifies it. No value is in it. */
export const RecordId = z.string().regex(/^(?:1|[0-9a-hjkmnp-tv-z]{26})$/);

/** What a variable's values are; `treatment` would unblind, and what nobody classified is `phi`. */
export const Classification = z.enum(["public", "regulatory", "phi", "treatment"]);

/** `DOMAIN.VARIABLE`, as in SDTM: eight characters at most each (SDTMIG 3.2 §2.2); or a resource's path behind its domain (docs/spec/profile-v1.md §4). */
export const FieldName = z
  .string()
  .max(140)
  .regex(/^[A-Z][A-Z0-9]{1,7}\.(?:[A-Z][A-Z0-9_]{0,15}|_?[A-Za-z][A-Za-z0-9]*(?:\.(?:_?[A-Za-z][A-Za-z0-9]*|\d{1,5}))*)$/);

/** Free text that a person gives as a reason; it is stored sealed, and the trail holds a commitment to it. */
export const Reason = z.string().trim().min(8).max(500);

/**
 * A name as it is printed: it stands in signed papers and on pages as it was given, so it has no control, format or line-separating characters, no half of
 * a character, and no angle brackets.
 */
export const Print = (min: number, max: number) =>
  z
    .string()
    .trim()
    .min(min)
    .max(max)
    .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>]+$/u);

/** What a ceremony is called between its options and its answer. */
export const CeremonyName = z
  .string()
  .max(64)
  .regex(/^[!-~]*$/);

/** Opaque place in a list, bound to the caller and the filter. */
export const Cursor = z
  .string()
  .max(512)
  .regex(/^[A-Za-z0-9_.-]+$/);

export const PageLimit = z.int().min(1).max(500).default(100);

/** Why PHI is opened. */
export const PURPOSES = ["monitoring", "safety", "regulatory", "audit", "care", "subject_request"] as const;
export const Purpose = z.enum(PURPOSES);

export const Count = z.int().min(0);
/** A calendar day, `YYYY-MM-DD`. */
export const Day = z.iso.date();
export const IsoTime = z.iso.datetime({ precision: 3 });
/** 64 lower-case hex characters: a SHA-256 digest or an HMAC. */
export const Hex64 = z.string().regex(/^[0-9a-f]{64}$/);

/** A role as a policy names it (docs/spec/policy-v1.md): every name that a policy can have. */
export const RoleName = z.string().regex(ROLE_NAME);
