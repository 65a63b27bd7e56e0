import { isOpeningAfter, type ParsedLine, parseLine, ZERO_MAC } from "@sallyport/audit";
import { SallyportError } from "@sallyport/errors";
import { ocsfEvent } from "./ocsf-event.ts";
import type { ChainCursor, SiemCursor } from "./siem-cursor.ts";

/** A chain, its open generation, and how many records of that are checkpointed. */
interface OpenChain {
  readonly chain: string;
  readonly generation: number;
  readonly checkpointed: number;
}

/** A generation whose records were archived and removed: how many they were, and the MAC of the last. */
interface ArchivedGeneration {
  readonly generation: number;
  readonly size: number;
  readonly head: string;
}

/** Port: where records come from. */
export interface TrailSource {
  /** The chains that may be read. */
  chains(): Promise<readonly OpenChain[]>;
  /** Lines from a record on, as they stand; none where nothing is checkpointed there yet. */
  read(chain: string, generation: number, from: number): Promise<readonly string[]>;
  /** The archived generations of a chain, in order. */
  archived(chain: string): Promise<readonly ArchivedGeneration[]>;
}

export interface HandOnOptions {
  readonly signal: AbortSignal;
  /** Told where a chain of which nothing was handed on begins behind generations that were archived: the last of them. */
  readonly onArchived: (chain: string, upTo: number) => void;
}

/** Port: where events go, and how far they got. */
export interface EventSink {
  /** Durable when it returns. */
  append(lines: readonly string[]): void;
  /** Kept after what it speaks of was appended, so that nothing is passed over: after a crash between the two, some come twice. */
  keep(cursor: SiemCursor): void;
}

const diverged = (chain: string): SallyportError => new SallyportError("cursor.diverged", { chain, why: chain });
/** What stops one chain, and none of the others. */
const STOPS_A_CHAIN: ReadonlySet<string> = new Set(["cursor.diverged", "cursor.archived"]);
const BEGINNING: ChainCursor = { generation: 1, seq: 0, mac: ZERO_MAC, own: 0 };
/** In which the listing of chains is on record. */
const SYSTEM = "system";

/** Whether a record is the very next one: numbered and linked, or the opening of a generation that cites the last of the one before. */
function follows({ record }: ParsedLine, last: ChainCursor): boolean {
  if (record.generation === last.generation) return record.seq === last.seq + 1 && record.prev_mac === last.mac;
  return record.prev_mac === ZERO_MAC && isOpeningAfter(record, last);
}

/**
 * Hands on all records since the cursor, chain by chain, as events. Each must follow the one before it: a trail that was cut, put back or written anew
 * stops its hand-over instead of going on past it, while the other chains go on. A chain in which nothing is new but the records of our own reading is
 * left until something is, or reading would feed itself for ever.
 *
 * Of a chain of which nothing was handed on yet, it begins behind the generations that were archived.
 *
 * @returns how many were handed on.
 * @throws SallyportError `cursor.diverged`, once the other chains are handed on, where what stands in one doesn't follow what was, or is another deployment's;
 *   `cursor.archived` where what comes next was archived and removed before it was handed on.
 */
export async function handOn(source: TrailSource, sink: EventSink, from: SiemCursor, { signal, onArchived }: HandOnOptions): Promise<number> {
  let cursor = from;
  let handedOn = 0;
  let stopped: SallyportError | null = null;
  const put = (chain: string, last: ChainCursor, deployment: string | null): void => {
    cursor = { ...cursor, deployment, chains: { ...cursor.chains, [chain]: last } };
    sink.keep(cursor);
  };
  for (const open of await source.chains()) {
    const { chain, generation, checkpointed } = open;
    let last = cursor.chains[chain] ?? BEGINNING;
    let isNew = last.generation !== generation || checkpointed < last.seq || checkpointed - last.seq > last.own;
    if (chain === SYSTEM) {
      last = { ...last, own: last.own + 1 };
      put(chain, last, cursor.deployment);
    }
    try {
      while (isNew && !signal.aborted) {
        if (last.generation > generation || (last.generation === generation && last.seq > checkpointed)) throw diverged(chain);
        const { lines, readings, behind } = await next(source, open, last);
        if (behind !== last) onArchived(chain, behind.generation);
        const page = eventsOf(lines, chain, behind, cursor.deployment);
        sink.append(page.events);
        // What this reading has put on record comes after all that it was shown; fewer than there are cost one more reading, and lose nothing.
        last = { ...page.last, own: lines.length === 0 ? last.own + readings : readings };
        put(chain, last, page.deployment);
        handedOn += lines.length;
        isNew = lines.length > 0 && (last.generation < generation || last.seq < checkpointed);
      }
    } catch (error) {
      if (!(error instanceof SallyportError) || !STOPS_A_CHAIN.has(error.code)) throw error;
      stopped ??= error;
    }
  }
  if (stopped !== null) throw stopped;
  return handedOn;
}

interface EventPage {
  readonly events: readonly string[];
  readonly last: ChainCursor;
  readonly deployment: string | null;
}

/** A page's events, each record following the one before. */
function eventsOf(lines: readonly string[], chain: string, from: ChainCursor, of: string | null): EventPage {
  let [last, deployment] = [from, of];
  const events = lines.map((line) => {
    const parsed = parsedOr(line, chain);
    const { record, mac } = parsed;
    if (record.chain !== chain || (deployment ?? record.deployment) !== record.deployment || !follows(parsed, last)) throw diverged(chain);
    last = { ...last, generation: record.generation, seq: record.seq, mac };
    deployment = record.deployment;
    return JSON.stringify(ocsfEvent(parsed));
  });
  return { events, last, deployment };
}

/** A page of lines, how many readings it took, and the record that it comes behind: the last that was handed on, or of what was archived before anything was. */
interface NextPage {
  readonly lines: readonly string[];
  readonly readings: number;
  readonly behind: ChainCursor;
}

/**
 * The next page of a chain, up to what was checkpointed when chains were listed. Where a generation has no more and a later one is open, it is the first page
 * of that: which shows, by what it cites, whether none is missing between.
 */
async function next(source: TrailSource, { chain, generation, checkpointed }: OpenChain, last: ChainCursor): Promise<NextPage> {
  const pageOf = async (of: number, after: number): Promise<readonly string[]> => {
    const lines = await source.read(chain, of, after + 1);
    return of === generation ? lines.slice(0, Math.max(0, checkpointed - after)) : lines;
  };
  const own = await pageOf(last.generation, last.seq);
  if (own.length > 0 || last.generation === generation) return { lines: own, readings: 1, behind: last };
  const lines = await pageOf(last.generation + 1, 0);
  const [first] = lines;
  // The open generation may have nothing that is checkpointed yet.
  if (first === undefined ? last.generation + 1 === generation : follows(parsedOr(first, chain), last)) return { lines, readings: 2, behind: last };
  const behind = behindArchived(chain, last, await source.archived(chain));
  return { lines: await pageOf(behind.generation + 1, 0), readings: 3, behind };
}

/** Where a chain of which nothing was handed on begins: behind what was archived. @throws SallyportError `cursor.archived` for one of which something was. */
function behindArchived(chain: string, last: ChainCursor, archived: readonly ArchivedGeneration[]): ChainCursor {
  const lost = archived.filter(({ generation, size }) => generation > last.generation || (generation === last.generation && size > last.seq));
  const end = lost.at(-1);
  if (end === undefined) throw diverged(chain);
  const why = `${chain}, ${lost.length === 1 ? "generation" : "generations"} ${lost.map(({ generation }) => generation).join(", ")}`;
  if (last.generation > BEGINNING.generation || last.seq > BEGINNING.seq) throw new SallyportError("cursor.archived", { chain, why });
  return { ...last, generation: end.generation, seq: end.size, mac: end.head };
}

function parsedOr(line: string, chain: string): ParsedLine {
  try {
    return parseLine(line);
  } catch {
    throw diverged(chain);
  }
}
