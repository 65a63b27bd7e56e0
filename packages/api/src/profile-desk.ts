import { SallyportError } from "@sallyport/errors";
import { Classifier, type Profile, type ProfileSnapshot, readProfile } from "@sallyport/phi";
import { EpochPoll, type EpochSource } from "./epoch-poll.ts";
import type { NoteCheck } from "./policy-desk.ts";

export type ProfileSource = EpochSource<ProfileSnapshot>;

/** What releasing and reading ask: how a study's data are classified now. */
export interface Profiles {
  /**
   * The classifier of a study's profile as it is in force.
   *
   * @throws SallyportError `profile.unsigned` where the study has none, or one that isn't what was signed; `policy.unavailable` where the
   * store couldn't be read for a second.
   */
  of(study: string): Classifier;
  /** The version in force, or null where there is none that is signed. */
  inForce(id: string): Profile | null;
  /** Whether a version's note is over exactly these bytes. */
  isSigned(note: string, canonical: string): boolean;
  /** The studies that have a profile. */
  studiesOf(id: string): readonly string[];
}

interface State {
  /** One for each study, as long as the profile and the year are the same: it remembers what it was asked. */
  readonly classifiers: Map<string, Classifier>;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly studies: ReadonlyMap<string, string>;
}

/**
 * Keeps the profiles of this node as they stand in the store, at most a second old, as the policy is kept (ADR 0008). One whose signature
 * doesn't verify, whose bytes aren't those of a profile, or that calls itself otherwise than its row, is as good as none.
 */
export class ProfileDesk implements Profiles {
  readonly #poll: EpochPoll<ProfileSnapshot>;
  readonly #isSigned: NoteCheck;
  readonly #now: () => number;
  #state: State | null = null;
  /** What the state was made from. */
  #snapshot: ProfileSnapshot | null = null;

  constructor(source: ProfileSource, isSigned: NoteCheck, options: { readonly now: () => number; readonly staleMs?: number }) {
    this.#isSigned = isSigned;
    this.#now = options.now;
    const take = (snapshot: ProfileSnapshot): void => {
      this.#state = this.#judge(snapshot);
      this.#snapshot = snapshot;
    };
    const lose = (): void => {
      this.#state = null;
      this.#snapshot = null;
    };
    this.#poll = new EpochPoll(source, { take, lose }, options);
  }

  /** Reads the store once if its epoch moved. Called a few times a second by the process; never throws. */
  refresh(): Promise<void> {
    return this.#poll.refresh();
  }

  /** Judges what was read last once more: other keys count from now on. Never throws. */
  judgeAnew(): void {
    if (this.#snapshot !== null) this.#state = this.#judge(this.#snapshot);
  }

  of(study: string): Classifier {
    const { profiles, studies, classifiers } = this.#current();
    const profile = profiles.get(studies.get(study) ?? "");
    if (profile === undefined) throw new SallyportError("profile.unsigned", { study });
    const year = new Date(this.#now()).getUTCFullYear();
    const kept = classifiers.get(study);
    if (kept?.profile === profile && kept.year === year) return kept;
    const made = new Classifier(profile, year);
    classifiers.set(study, made);
    return made;
  }

  isSigned(note: string, canonical: string): boolean {
    return this.#isSigned(note, canonical);
  }

  inForce(id: string): Profile | null {
    return this.#current().profiles.get(id) ?? null;
  }

  studiesOf(id: string): readonly string[] {
    return [...this.#current().studies].filter(([, profile]) => profile === id).map(([study]) => study);
  }

  #current(): State {
    this.#poll.assertFresh();
    if (this.#state === null) throw new SallyportError("policy.unavailable");
    return this.#state;
  }

  #judge({ profiles, studies }: ProfileSnapshot): State {
    const signed = profiles.flatMap(({ id, version, canonical, note }) => {
      const profile = this.#isSigned(note, canonical) ? profileIn(canonical) : null;
      return profile !== null && profile.id === id && profile.version === version ? [[id, profile] as const] : [];
    });
    return { classifiers: new Map(), profiles: new Map(signed), studies: new Map(studies.map(({ study, profile }) => [study, profile])) };
  }
}

/** What was signed and isn't a profile to this version is none: nothing is judged by half of a document. */
function profileIn(canonical: string): Profile | null {
  try {
    return readProfile(canonical);
  } catch {
    return null;
  }
}
