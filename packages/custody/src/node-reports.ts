/** How long a node may be silent and still count as running: it asks once a second, and without the custodian it answers nobody. */
const RUNNING_MS = 15_000;
/** Nodes that are remembered: more than there are by far, so that made-up names don't fill the memory. */
const NODES_MAX = 1024;

/** What each running node said last that it verifies tokens and notes with. In memory alone: after a start it is learnt anew. */
export class NodeReports {
  readonly #now: () => number;
  readonly #sinceMs: number;
  readonly #nodes = new Map<string, { readonly holds: ReadonlySet<string>; readonly atMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
    this.#sinceMs = now();
  }

  heard(node: string, holds: readonly string[]): void {
    this.#forgetSilent();
    if (this.#nodes.size < NODES_MAX || this.#nodes.has(node)) this.#nodes.set(node, { holds: new Set(holds), atMs: this.#now() });
  }

  /** Running nodes that haven't said that they hold this key; null while a node that is silent so far may still be running, or none is. */
  lacking(kid: string): readonly string[] | null {
    this.#forgetSilent();
    if (this.#now() - this.#sinceMs < RUNNING_MS || this.#nodes.size === 0) return null;
    return [...this.#nodes].filter(([, { holds }]) => !holds.has(kid)).map(([node]) => node);
  }

  #forgetSilent(): void {
    for (const [node, { atMs }] of this.#nodes) if (this.#now() - atMs >= RUNNING_MS) this.#nodes.delete(node);
  }
}
