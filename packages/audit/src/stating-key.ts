import type { HandedOver } from "./bundle-model.ts";
import { type Handover, isKeyAmong, waysTo } from "./handover.ts";
import { fingerprintOf } from "./signed-note.ts";

/** The key that states something, with the handovers that lead to it (docs/spec/handover-v1.md, section 2). It proves nothing by itself: a fingerprint is compared. */
export interface StatingKey {
  /** Verifier key of who signs what is stated. */
  readonly vkey: string;
  /** Notes, in any order; none where the deployment's key never turned. */
  readonly handovers: readonly string[];
}

/** A stating key all of whose handovers were verified. */
export interface KnownKey {
  /** Of the stating key itself: `sha256:` and hex. */
  readonly fingerprint: string;
  /** Verifier keys that count beside it: it itself first, then those from which handovers lead to it. */
  readonly behind: readonly string[];
  /** By each of these, the handovers that lead from it to the stating one, the first of them first. */
  readonly ways: ReadonlyMap<string, readonly Handover[]>;
}

/** Verifies a stating key's handovers. @throws SallyportError `note.invalid` for what is no key, and for a handover that isn't one to follow. */
export function knownKey({ vkey, handovers }: StatingKey): KnownKey {
  const ways = waysTo(vkey, handovers);
  return { fingerprint: fingerprintOf(vkey), behind: [...ways.keys()], ways };
}

/** The members that tell the versions apart: a thing without handovers is of version 1, as it was before any key turned. */
export const handoverMembers = (handovers: readonly string[]): { readonly v: 1 } | { readonly v: 2; readonly handovers: readonly string[] } =>
  handovers.length === 0 ? { v: 1 } : { v: 2, handovers };

/** The handovers of a thing that was read, by these two of its members, none of them verified; null for what {@link handoverMembers} doesn't spell. */
export function readHandovers(v: unknown, handovers: unknown): readonly string[] | null {
  if (v === 1) return handovers === undefined ? [] : null;
  return v === 2 && isNotes(handovers) && handovers.length > 0 ? handovers : null;
}

const isNotes = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === "string");

/** Whether a fingerprint that was got elsewhere counts for this key; so does none. */
export const isPinOf = (fingerprint: string | undefined, { behind }: KnownKey): boolean => fingerprint === undefined || isKeyAmong(fingerprint, behind);

/** What a verdict says of a fingerprint that is an earlier key's: the handovers from it on. Nothing where it is the stating key's own, or none was given. */
export function handedOverFrom(given: string | undefined, key: KnownKey): { readonly handedOver?: readonly HandedOver[] } {
  const handedOver = given === undefined ? [] : handoversFrom(given, key);
  return handedOver.length === 0 ? {} : { handedOver };
}

/** The handovers from the key that was compared to the one that signed, in words. */
export const handedOverText = (handedOver: readonly HandedOver[]): string => handedOver.map(({ to, at }) => `to ${to} on ${at}`).join(", which handed over ");

/** The same for people, as the first lines of what a verdict proves. */
export const handedOverLines = ({ handedOver = [] }: { readonly handedOver?: readonly HandedOver[] }): readonly string[] =>
  handedOver.length === 0 ? [] : [`The key that you compared, ${handedOver[0]?.from ?? ""}, handed over ${handedOverText(handedOver)}: at each of these, both keys signed.`];

/**
 * The handovers that lead from the key of a fingerprint to the stating key, the first of them first, by the shortest way; none where it is that key
 * itself, or where none lead there.
 */
export function handoversFrom(fingerprint: string, { ways }: KnownKey): readonly HandedOver[] {
  const [, way = []] = [...ways].find(([vkey]) => fingerprintOf(vkey) === fingerprint) ?? [];
  return way.map(({ from, to, at }) => ({ from: fingerprintOf(from), to: fingerprintOf(to), at }));
}
