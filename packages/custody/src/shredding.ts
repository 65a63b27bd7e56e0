import { sha256Hex } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import { countedApproval, type CountingRules } from "./approved-document.ts";
import type { CredentialStore } from "./credential-kinds.ts";
import type { KeyStore } from "./key-kinds.ts";
import type { ShredAnswer, ShredRequest } from "./model.ts";
import type { Shred, ShredJournal } from "./shred-journal.ts";

/** The kind of approval by which a subject's keys are destroyed. */
const KIND = "subject.shred";
/** Others than who asked; fewer don't do, whatever a statement says. */
const APPROVALS_MIN = 2;
const SUBJECT = /^sub_[0-9a-z]{26}$/;
const REFERENCE = /^ref:[\x21-\x7e]{1,128}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What a shred is held against, each by itself. A test that shows what one is for leaves it out; production takes {@link strictShredRules}. */
export interface ShredRules extends CountingRules {
  /** The packets are those that were shown. */
  readonly exact: boolean;
  /** The day until which the study's data are kept is over, by the custodian's own clock. */
  readonly retained: boolean;
  /** What is destroyed is written into the journal that outlives every copy of the store. */
  readonly journal: boolean;
}
export const strictShredRules: ShredRules = { kind: true, enough: true, separation: true, proven: true, exact: true, retained: true, journal: true };

export interface ShredderOptions {
  readonly store: KeyStore & Pick<CredentialStore, "all">;
  readonly journal: ShredJournal;
  readonly deployment: string;
  readonly now: () => number;
  readonly rules?: ShredRules | undefined;
}

/** Destroys what the custodian holds of a subject: its shares, without which no data key of it opens, from whichever dump (docs/spec/custody-v1.md, section 12). */
export class Shredder {
  readonly #options: ShredderOptions;

  constructor(options: ShredderOptions) {
    this.#options = options;
  }

  /** How many subjects were shredded so far: a node that sees it grow forgets the keys that it has. */
  get count(): number {
    return this.#options.store.all("shred").size;
  }

  /**
   * Destroys a subject's shares upon a statement that two persons beside who asked approved by passkey; with `check`, says only whether it would. The same
   * asked again answers the same.
   *
   * @throws `verb.refused` for whatever is missing.
   */
  async shred({ kind, statement, packets }: ShredRequest): Promise<ShredAnswer> {
    const { store, journal, deployment, now, rules = strictShredRules } = this.#options;
    const refused = (why: string): SallyportError => new SallyportError("verb.refused", { why, kind: KIND });
    const { said, digest, persons } = countedApproval({ store, deployment, rules }, { kind: KIND, statement, refused });
    if (rules.enough && persons.length < APPROVALS_MIN) throw refused("approvals");
    const { subjectId: subject, reference, retainedUntil, packetsDigest } = said.payload;
    if (!isText(subject, SUBJECT) || !isText(reference, REFERENCE) || !isText(retainedUntil, DAY)) throw refused("payload");
    const known = store.get("shred", subject);
    if (known === undefined) {
      if (rules.exact && packetsDigest !== packetsDigestOf(packets)) throw refused("other packets");
      if (rules.retained && now() < Date.parse(`${retainedUntil}T00:00:00.000Z`)) throw refused("retained");
      if (kind === "check") return { at: null };
      const shred: Shred = { subject, packets: [...packets], approval: digest, by: [said.requestedByPerson, ...persons], at: new Date(now()).toISOString() };
      // First of all, so that what comes after is only ever finished.
      if (rules.journal) journal.append(shred);
      const shares = carryOut(store, shred);
      store.record("subject.shredded", reference, `approval=${digest};shares=${shares};packets=${packets.length}`);
      store.rewriteSoon();
    }
    await store.durable();
    return { at: store.get("shred", subject)?.at ?? null };
  }
}

/** What a statement holds of the packets: SHA-256 of their ids, sorted, each with a newline, lower-case hex. */
export const packetsDigestOf = (packets: readonly string[]): string =>
  sha256Hex(
    [...packets]
      .sort()
      .map((id) => `${id}\n`)
      .join(""),
  );

const isText = (value: unknown, form: RegExp): value is string => typeof value === "string" && form.test(value);

/** Destroys in a store what a shred names; answers how many shares that were. */
function carryOut(store: Pick<KeyStore, "all" | "put">, shred: Shred): number {
  const packets = new Set(shred.packets);
  const ended = [...store.all("share")].filter(([, { context }]) =>
    context.purpose === "subject" ? context.id === shred.subject : context.purpose === "packet" && packets.has(context.id),
  );
  for (const [id] of ended) store.put("share", id, null);
  store.put("shred", shred.subject, shred);
  return ended.length;
}

/**
 * Brings a store that was just opened up to the journal: what was begun before a crash, and all of it where an older store was put back. What the store
 * alone knows of is written into the journal. Called before the store's file is written anew, so that no line of it has what was destroyed.
 */
export function resumeShreds(store: Pick<KeyStore, "all" | "get" | "put" | "record">, journal: ShredJournal): void {
  const written = new Set(journal.shreds.map(({ subject }) => subject));
  for (const shred of journal.shreds) {
    if (store.get("shred", shred.subject) !== undefined) continue;
    const shares = carryOut(store, shred);
    store.record("subject.shredded", `approval/${shred.approval.slice(0, 16)}`, `approval=${shred.approval};shares=${shares};packets=${shred.packets.length};by=journal`);
  }
  for (const [subject, shred] of store.all("shred")) if (!written.has(subject)) journal.append(shred);
}
