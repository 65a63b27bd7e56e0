import { type Action, ACTIONS, RESOURCE_TYPES, type ResourceType } from "./model.ts";

/** What is asked for, an action on a resource type, as tables know it. */
export interface Act {
  readonly action: Action;
  readonly resource: ResourceType;
  /** Where the action stands in {@link ACTIONS}. */
  readonly row: number;
  /** Where the pair stands among all pairs. */
  readonly index: number;
}

const ROWS: ReadonlyMap<string, number> = new Map(ACTIONS.map((action, row) => [action, row]));
const COLUMNS: ReadonlyMap<string, number> = new Map(RESOURCE_TYPES.map((resource, column) => [resource, column]));
const indexOf = (row: number, column: number): number => row * RESOURCE_TYPES.length + column;
const ACTS: readonly Act[] = ACTIONS.flatMap((action, row) => RESOURCE_TYPES.map((resource, column): Act => Object.freeze({ action, resource, row, index: indexOf(row, column) })));

/** How many acts there are. */
export const ACTS_COUNT = ACTS.length;

/** Acts, a bit for each: whether one is among them is one look, however many there are. */
export class ActSet {
  readonly #bits = new Int32Array(Math.ceil(ACTS_COUNT / 32));

  add({ index }: Act): void {
    this.#bits[index >> 5] = (this.#bits[index >> 5] ?? 0) | (1 << (index & 31));
  }

  addAll(others: ActSet): void {
    for (let at = 0; at < this.#bits.length; at += 1) this.#bits[at] = (this.#bits[at] ?? 0) | (others.#bits[at] ?? 0);
  }

  has({ index }: Act): boolean {
    return ((this.#bits[index >> 5] ?? 0) & (1 << (index & 31))) !== 0;
  }
}

/** Where an action of this name stands among {@link ACTIONS}; undefined for no action. */
export const rowOf = (action: string): number | undefined => ROWS.get(action);

/** The act of two names, always the same object; null for a name that is in no closed list. Who asks for one often gets it once. */
export function actOf(action: string, resource: string): Act | null {
  const row = ROWS.get(action);
  const column = COLUMNS.get(resource);
  return row === undefined || column === undefined ? null : (ACTS[indexOf(row, column)] ?? null);
}
