import type { BreakKind } from "./model.ts";

/** What a verifier holds in its hand at one place of a chain, whatever way it has to tell the genuine from the rest. */
export interface Exhibit {
  /** `ours`: it reads as a record of this chain and generation; `foreign`: of another; `unreadable`: as none. */
  readonly reads: "ours" | "foreign" | "unreadable";
  /** The position that it claims, from 1; 0 where it is unreadable. */
  readonly seq: number;
  readonly prevMac: string;
  readonly mac: string;
  /** Whether it is what was sealed, at the position that it claims. May be costly; asked only where the answer decides. */
  readonly isGenuine: () => boolean | Promise<boolean>;
}

/** An exhibit whose genuineness is known. */
export type KnownExhibit = Omit<Exhibit, "isGenuine"> & { readonly genuine: boolean };

/** Where the chain stopped being whole, and what is known from elsewhere about how far it went. */
export interface BreakScene {
  /** The first position that isn't as it was sealed. */
  readonly seq: number;
  /** What the record there must cite. */
  readonly prevMac: string;
  /** The position before, as accepted; `mac` is then `prevMac` above. Null at the first position. */
  readonly before: { readonly prevMac: string } | null;
  readonly found: KnownExhibit;
  /** The largest size that was signed or pinned; 0 where none is known. */
  readonly signedSize: number;
  /** The MAC that was pinned at `seq` itself, where one was. */
  readonly pinnedMac: string | null;
}

/** A kind and its reason. `seq` differs from the scene's only where the position before is the one in doubt. */
export interface Judgement {
  readonly seq: number;
  readonly kind: BreakKind;
  readonly why: string;
}

/**
 * Tells what kind of break it is, from the record that stands at the first bad place and from those that follow: one deletion, one
 * insertion and one exchange all look alike at the place itself. Memory is constant; the first break is judged as the one act that
 * explains it. docs/spec/audit-record-v1.md, section 6, has the rules.
 */
export class BreakJudge {
  readonly #scene: BreakScene;
  #settled: Judgement | null;
  #turnedUp = false;
  /** The first genuine record of ours after the place, by which one tells a gap from a replacement. */
  #next: { readonly seq: number; readonly prevMac: string } | null = null;

  constructor(scene: BreakScene) {
    this.#scene = scene;
    this.#settled = this.#atOnce();
  }

  /** The judgement, once nothing that follows can change it. */
  get settled(): Judgement | null {
    return this.#settled;
  }

  /** Whether {@link BreakJudge.observe} has to know if this one is genuine. */
  asksAbout(exhibit: Omit<Exhibit, "isGenuine">): boolean {
    return exhibit.reads === "ours" && (this.#next === null || this.#isTheLostOne(exhibit));
  }

  /** Takes in the next record after the place. */
  observe(exhibit: KnownExhibit): void {
    if (this.#settled !== null || exhibit.reads !== "ours") return;
    const { found } = this.#scene;
    const isNext = this.#next === null && exhibit.genuine;
    if (this.#isTheLostOne(exhibit) && exhibit.genuine) {
      this.#turnedUp = true;
      if (!this.#isFromLater(found)) this.#settled = this.#inserted();
    } else if (isNext) {
      this.#next = { seq: exhibit.seq, prevMac: exhibit.prevMac };
    }
    if (this.#turnedUp && this.#isFromLater(found) && exhibit.seq >= found.seq) {
      this.#settled = exhibit.mac === found.mac ? this.#inserted() : this.#reordered();
    }
  }

  /** The judgement when nothing follows any more. */
  conclude(): Judgement {
    if (this.#settled !== null) return this.#settled;
    const { found, seq, signedSize } = this.#scene;
    if (this.#turnedUp) return this.#reordered();
    if (found.reads === "foreign") return this.#isAttested() ? this.#altered() : this.#foreign();
    if (this.#isFromLater(found) && this.#next?.seq !== seq + 1) return this.#as("missing", `record ${seq} is not there`);
    // Past the last signed size nobody ever vouched for a record here, unless a genuine one follows it.
    if (signedSize > 0 && seq > signedSize && this.#next === null && !this.#isAttested()) return this.#inserted();
    return this.#altered();
  }

  #isTheLostOne(exhibit: Omit<Exhibit, "isGenuine">): boolean {
    return exhibit.seq === this.#scene.seq && exhibit.prevMac === this.#scene.prevMac;
  }

  #isFromLater(found: KnownExhibit): boolean {
    return found.reads === "ours" && found.genuine && found.seq > this.#scene.seq;
  }

  /** Whether somebody else vouches for the MAC that stands at the place: then the record is ours and its text was altered. */
  #isAttested(): boolean {
    const { found, pinnedMac } = this.#scene;
    return found.mac === pinnedMac || found.mac === this.#next?.prevMac;
  }

  #atOnce(): Judgement | null {
    const { found, seq, prevMac, before } = this.#scene;
    if (!found.genuine) return null;
    if (found.reads === "foreign") return this.#foreign();
    if (found.reads !== "ours") return null;
    if (found.seq === seq && found.prevMac !== prevMac) return this.#as("forked", `record ${seq} was sealed after another record ${seq - 1} than the one here`);
    if (found.seq === seq - 1 && found.mac !== prevMac && found.prevMac === before?.prevMac)
      return { seq: seq - 1, kind: "forked", why: `two records were sealed as number ${seq - 1}` };
    if (found.seq === seq) return this.#as("altered", `what is stored beside record ${seq} contradicts it`);
    return null;
  }

  #as(kind: BreakKind, why: string): Judgement {
    return { seq: this.#scene.seq, kind, why };
  }

  #altered(): Judgement {
    return this.#as("altered", `what stands at ${this.#scene.seq} is not the record that was sealed there`);
  }

  #inserted(): Judgement {
    return this.#as(this.#scene.found.reads === "foreign" ? "foreign" : "inserted", `what stands at ${this.#scene.seq} was never sealed there`);
  }

  #reordered(): Judgement {
    return this.#as("reordered", `record ${this.#scene.seq} stands behind others that were sealed after it`);
  }

  #foreign(): Judgement {
    return this.#as("foreign", `what stands at ${this.#scene.seq} is a record of another chain, generation or deployment`);
  }
}
