import { type Head, openingDetail, type RecordDraft, GENERATION_OPEN, type SealedRecord, ZERO_MAC } from "@sallyport/audit";
import { newId } from "@sallyport/crypto";
import { SallyportError } from "@sallyport/errors";
import type { Finding, Incident, Position, Verdict } from "./incident.ts";
import { closingIncident, type Mark, markId, openGeneration, openingMark, type TrailMarkStore } from "./trail-marks.ts";

/** Port: what is committed, as far as a finding has to be compared with it. */
export interface CommittedHeads {
  /** Whose database it is; null where it doesn't say. */
  deployment(): Promise<string | null>;
  heads(): Promise<readonly Head[]>;
  /** Where each closed generation ended when it was closed, by the database's own word. */
  closings(): Promise<readonly Head[]>;
  records(chain: string, generation: number, fromSeq: number, toSeq: number): AsyncIterable<readonly SealedRecord[]>;
}

export interface TrailIncidentsOptions {
  readonly store: TrailMarkStore;
  readonly reader: CommittedHeads;
  readonly deployment: string;
  readonly now: () => number;
}

/** How the database stands to what was signed last of a chain. */
interface Standing {
  readonly open: number;
  readonly headGeneration: number;
  /** Whether it doesn't hold what was signed last. */
  readonly isBehind: boolean;
}

type Broken = NonNullable<Verdict["broken"]>;

/** How far beyond its own generations the custodian follows a head that somebody moved: each costs a mark that is kept forever. */
const AHEAD_MAX = 16;

/**
 * What verification finds, and the incidents that follow: a break opens one, the chain's generation is closed, and the next is opened once the
 * database's head has left the broken one. Each step can be the last before a crash: what comes next is told by the store and the database alone.
 */
export class TrailIncidents {
  readonly #options: TrailIncidentsOptions;
  readonly #store: TrailMarkStore;
  readonly #verdicts = new Map<string, Verdict>();

  constructor(options: TrailIncidentsOptions) {
    this.#options = options;
    this.#store = options.store;
    // When it was verified is told anew by the run that begins with the process.
    for (const [id, finding] of this.#store.all("broken")) this.#verdicts.set(id, { ...finding, fullAt: null, sealsAt: null });
  }

  /** The newest finding for each chain's generation. */
  verdicts(): readonly Verdict[] {
    return [...this.#verdicts.values()];
  }

  /**
   * Whether the database is this deployment's and holds every head that was signed: one that was emptied or put back says nothing about whose share
   * is whose, not even once its chains have gone on, until two people have ended what it froze.
   */
  async isOurs(): Promise<boolean> {
    if ([...this.#store.all("incident").values()].some(({ isFrozen, ended }) => isFrozen && ended === null)) return false;
    const { reader, deployment } = this.#options;
    if ((await reader.deployment()) !== deployment) return false;
    const heads = new Map((await reader.heads()).map((head) => [head.chain, head]));
    return [...this.#store.all("mark").values()].every(({ chain, generation, size }) => {
      const head = heads.get(chain);
      return head !== undefined && (head.generation > generation || (head.generation === generation && head.seq >= size));
    });
  }

  /**
   * Takes in a finding. A break that was found stays until a verification from the first record finds the generation whole; it goes on record
   * once, and opens an incident unless one covers it.
   *
   * @param isBySeals - Whether the verification went by seals, and not over every record.
   * @throws `trail.unavailable` where the database is another deployment's: that says nothing about this one's trail.
   */
  async take(finding: Finding, by: Incident["foundBy"], isBySeals = false): Promise<void> {
    const { broken } = finding;
    const standing = broken === null ? null : await this.#standing(finding.chain);
    this.#keep(finding, by === "verification", isBySeals);
    if (broken !== null && standing !== null) this.#cover(finding, broken, by, standing);
    await this.#store.durable();
  }

  /**
   * Lets a chain go on, once the database's head has left the broken generation: the next one is marked at 0, and so takes records.
   *
   * @returns the marks of what was opened: none where the head is too far ahead to be followed.
   */
  async goOn(id: string, head: Head): Promise<readonly Mark[]> {
    const closings = (await this.#options.reader.closings()).filter(({ chain }) => chain === head.chain);
    // Read after the wait: what was found meanwhile may have widened it.
    const incident = this.#store.get("incident", id);
    if (incident === undefined || incident.openedAt !== null || head.generation < incident.successor) return [];
    const { chain, generation, successor } = incident;
    const ended = openGeneration(this.#store, chain);
    if (head.generation - ended > AHEAD_MAX) return [];
    const signed = this.#store.get("mark", markId(chain, ended));
    const stored = closings.find((head) => head.generation === ended) ?? closings.findLast((head) => head.generation <= ended && head.seq > 0);
    const atMs = Math.max(this.#options.now(), signed?.atMs ?? 0);
    const opened: Mark[] = [];
    for (let next = ended + 1; next <= successor; next += 1) opened.push(openingMark(chain, next, atMs));
    for (const mark of opened) this.#store.put("mark", markId(chain, mark.generation), mark);
    const to = generation === ended ? Math.max(incident.to, signed?.size ?? 0, stored?.generation === ended ? stored.seq : 0) : incident.to;
    this.#store.put("incident", incident.id, {
      ...incident,
      to,
      openedAt: new Date(atMs).toISOString(),
      signed: { generation: ended, seq: signed?.size ?? 0, mac: signed?.mac ?? ZERO_MAC },
      stored: stored === undefined ? null : { generation: stored.generation, seq: stored.seq, mac: stored.mac },
    });
    return opened;
  }

  #keep(finding: Finding, isDeep: boolean, isBySeals: boolean): void {
    const { chain, generation, at, broken } = finding;
    const id = markId(chain, generation);
    const known = this.#verdicts.get(id);
    const before = known?.broken ?? null;
    if (before !== null && broken === null && !isDeep) return;
    const [fullAt, sealsAt] = [known?.fullAt ?? null, known?.sealsAt ?? null];
    this.#verdicts.set(id, { ...finding, fullAt: isDeep && !isBySeals ? at : fullAt, sealsAt: isBySeals ? at : sealsAt });
    if (broken !== null || before !== null) this.#store.put("broken", id, broken === null ? null : finding);
    if (broken !== null && before?.kind !== broken.kind) this.#store.record("chain.break", chain, `generation ${generation} seq ${broken.seq}: ${broken.kind}`);
  }

  #cover({ chain, generation }: Finding, broken: Broken, by: Incident["foundBy"], { open, headGeneration, isBehind }: Standing): void {
    const at = { generation, from: broken.seq };
    const near = [...this.#store.all("incident").values()].filter((incident) => incident.chain === chain && (generation < incident.successor || incident.openedAt === null));
    const live = near.find(({ ended }) => ended === null);
    if (live !== undefined) {
      this.#widen(live, at, broken, by, isBehind);
      return;
    }
    if (near.some((incident) => !isBefore(at, incident))) return;
    const goesOn = generation >= open || isBehind;
    const beyond = Math.max(open + 1, generation + 1, headGeneration);
    const { now } = this.#options;
    const foundAt = new Date(now()).toISOString();
    const incident: Incident = {
      id: newId("inc"),
      chain,
      ...at,
      to: Math.max(broken.seq, this.#store.get("mark", markId(chain, generation))?.size ?? 0),
      kind: broken.kind,
      why: broken.why,
      foundAt,
      foundBy: by,
      isFrozen: isBehind,
      successor: !goesOn ? generation + 1 : beyond - open > AHEAD_MAX ? open + 1 : beyond,
      openedAt: goesOn ? null : foundAt,
      signed: null,
      stored: null,
      ended: null,
    };
    this.#store.put("incident", incident.id, incident);
    this.#store.record("incident.opened", `incident/${incident.id}`, `${incidentText(incident)};by=${by}`);
  }

  /** What was found may begin earlier than was known, or be told more exactly by a deep run than by a look at the end. */
  #widen(incident: Incident, at: Pick<Incident, "generation" | "from">, { kind, why }: Broken, by: Incident["foundBy"], isBehind: boolean): void {
    // Of a chain that has gone on, what it is behind now is another finding.
    const isFrozen = incident.isFrozen || (isBehind && incident.openedAt === null);
    const isSame = at.generation === incident.generation && at.from === incident.from;
    const isTold = isBefore(at, incident) || (isSame && by === "verification");
    const next = isTold ? { ...incident, ...at, kind, why, isFrozen } : { ...incident, isFrozen };
    if (incidentText(next) === incidentText(incident) && isFrozen === incident.isFrozen) return;
    this.#store.put("incident", incident.id, next);
    this.#store.record("incident.widened", `incident/${incident.id}`, incidentText(next));
  }

  async #standing(chain: string): Promise<Standing> {
    const { reader, deployment } = this.#options;
    const owner = await reader.deployment();
    if (owner !== null && owner !== deployment) throw new SallyportError("trail.unavailable", { why: "deployment" });
    const open = openGeneration(this.#store, chain);
    const mark = this.#store.get("mark", markId(chain, open));
    const head = (await reader.heads()).find((each) => each.chain === chain);
    if (head === undefined) return { open, headGeneration: 0, isBehind: mark !== undefined };
    const isShort = head.generation < open || (head.generation === open && head.seq < (mark?.size ?? 0));
    return { open, headGeneration: head.generation, isBehind: isShort || !(await this.#holds(mark)) };
  }

  /** Whether what was signed last stands where it stood. */
  async #holds(mark: Mark | undefined): Promise<boolean> {
    if (mark === undefined || mark.size === 0) return true;
    for await (const records of this.#options.reader.records(mark.chain, mark.generation, mark.size, mark.size)) if (records.some(({ mac }) => mac === mark.mac)) return true;
    return false;
  }
}

const isBefore = (one: Pick<Incident, "generation" | "from">, other: Pick<Incident, "generation" | "from">): boolean =>
  one.generation < other.generation || (one.generation === other.generation && one.from < other.from);

/** What an incident is, in one line: what people approve the end of, and what is on record of it. */
export const incidentText = ({ id, chain, generation, from, to, kind }: Incident): string =>
  `incident=${id};chain=${chain};generation=${generation};from=${from};to=${to};kind=${kind.replaceAll(" ", "_")}`;

/** A position as a record spells it. */
export const positionText = ({ generation, seq, mac }: Position): string => `${generation}/${seq}/${mac}`;

/** Whether these drafts open the generation after this one: nothing else begins a generation. */
export const opensAfter = (drafts: readonly RecordDraft[], previous: Omit<Head, "chain">): boolean =>
  drafts[0]?.action === GENERATION_OPEN && drafts[0].detail === openingDetail(previous);

/** The incident whose chain hasn't gone on yet. @throws `verb.refused` where there is one. */
export function assertNotClosing(store: Pick<TrailMarkStore, "all">, chain: string): void {
  if (closingIncident(store, chain) !== undefined) throw new SallyportError("verb.refused", { why: "incident", chain });
}
