import { inspect } from "node:util";
import { SallyportError } from "@sallyport/errors";
import { Grant, type SiteRef } from "@sallyport/policy";
import type { Classification } from "./ports.ts";

/** What is seen of a protected value by whatever prints, joins or copies it. */
export const PHI_MARK = "[phi]";

/**
 * A value that stays closed until a grant opens it.
 *
 * Printing, joining to a text, JSON, inspecting and structured cloning give {@link PHI_MARK}; the value is in a private
 * field that none of them reads. A heap dump does: this guards against mistakes, not against who reads our memory.
 */
export class Phi<T> {
  /** All that a copy of this object holds. */
  readonly phi = PHI_MARK;
  readonly #value: T;
  readonly #site: SiteRef;
  readonly #classification: Classification;

  constructor(value: T, place: { readonly site: SiteRef; readonly classification: Classification }) {
    this.#value = value;
    this.#site = { study: place.site.study, site: place.site.site };
    this.#classification = place.classification;
  }

  /**
   * The value, for this crossing only.
   *
   * @throws SallyportError `policy.denied` unless the grant is open, is for reading, revealing, releasing or inspecting, reaches the
   * value's site, and (but for what only compares, and shows nothing to anybody) lets its classification be read.
   */
  open(grant: Grant): T {
    assertOpens(grant, this.#site, this.#classification);
    return this.#value;
  }

  toString(): string {
    return PHI_MARK;
  }

  toJSON(): string {
    return PHI_MARK;
  }

  [Symbol.toPrimitive](): string {
    return PHI_MARK;
  }

  [inspect.custom](): string {
    return PHI_MARK;
  }
}

/** Throws `policy.denied` unless the grant, and nothing that only looks like one, may open a value of this site and classification. */
export function assertOpens(grant: Grant, site: SiteRef, classification: Classification): void {
  if (!(grant instanceof Grant)) throw new SallyportError("policy.denied");
  grant.assert("subject.read", "phi.read", "phi.bulk_reveal", "packet.release", "packet.inspect");
  const isShown = comparesOnly(grant) || grant.fields.readable.includes(classification);
  if (!grant.covers(site) || !isShown) throw new SallyportError("policy.denied", { rule: grant.rule });
}

/** Whether a grant opens values to compare them: a release and an inspection say of a stored value only whether it differs. */
export const comparesOnly = (grant: Grant): boolean => grant.action === "packet.release" || grant.action === "packet.inspect";
