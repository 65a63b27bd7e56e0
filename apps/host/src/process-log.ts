import { appendFileSync, renameSync, rmSync, statSync } from "node:fs";

/** The facts that a line of a log may hold: ids, names and counts. What isn't listed here is withheld, whoever wrote it. */
const KEYS: ReadonlySet<string> = new Set([
  "at",
  "time",
  "event",
  "level",
  "code",
  "codes",
  "status",
  "procedure",
  "listener",
  "zone",
  "process",
  "requestId",
  "request_id",
  "ms",
  "count",
  "port",
  "host",
  "pid",
  "chain",
  "generation",
  "seq",
  "size",
  "state",
  "workload",
  "trustDomain",
  "deployment",
  "keyId",
  "key",
  "kid",
  "version",
  "name",
  "signal",
  "exit",
  "fingerprint",
  "notAfterS",
  "table",
  "migration",
  "setting",
  "why",
  "step",
  "verb",
  "attempts",
  "retry",
  "from",
  "to",
  "refused",
  "ring",
]);
const SAFE_VALUE = /^[A-Za-z0-9_.:/@ +=-]{0,200}$/;
const FRAME = /^\s+at [\w.<>[\] ]{1,120}\(?(?:file:\/\/|node:|\/)[^\s()]{1,300}\)?$/;
const ERROR_NAME = /^(?:Uncaught )?([A-Z][A-Za-z]{2,40}(?:Error|Exception))(?: \[([A-Z0-9_]{3,60})\])?/;

const BYTES_MAX = 4 * 1024 * 1024;
const KEPT = 3;

/**
 * One process's log file: JSON lines of allow-listed facts. Text that a process prints by accident is not kept; of a
 * crash, the error's name and its places in the code are, and never its message, which can hold anything.
 */
export class ProcessLog {
  readonly path: string;
  readonly #now: () => number;
  readonly #bytesMax: number;
  #size: number;

  constructor(path: string, now: () => number, bytesMax = BYTES_MAX) {
    this.path = path;
    this.#now = now;
    this.#bytesMax = bytesMax;
    this.#size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Keeps what may be kept of one line that a process printed. */
  line(text: string): void {
    this.#append(this.#facts(text));
  }

  /** Adds an event of the supervisor's own. */
  event(event: string, facts: Readonly<Record<string, string | number | null>> = {}): void {
    this.#append({ event, ...allowed(facts) });
  }

  /** Keeps a line of PostgreSQL, which is started so that it never writes a statement or a value. */
  postgres(text: string): void {
    this.#append({ event: "postgres.said", text: text.slice(0, 500) });
  }

  #facts(text: string): Readonly<Record<string, unknown>> {
    if (text.startsWith("{")) {
      try {
        return allowed(JSON.parse(text) as Record<string, unknown>);
      } catch {
        return { event: "output.withheld", size: text.length };
      }
    }
    if (FRAME.test(text)) return { event: "output.frame", frame: text.trim() };
    const [, name, code] = ERROR_NAME.exec(text) ?? [];
    return name === undefined ? { event: "output.withheld", size: text.length } : { event: "output.error", name, ...(code !== undefined && { code }) };
  }

  #append(facts: Readonly<Record<string, unknown>>): void {
    const line = `${JSON.stringify({ at: new Date(this.#now()).toISOString(), ...facts })}\n`;
    if (this.#size + line.length > this.#bytesMax) this.#rotate();
    appendFileSync(this.path, line, { mode: 0o600 });
    this.#size += Buffer.byteLength(line);
  }

  #rotate(): void {
    rmSync(`${this.path}.${KEPT}`, { force: true });
    for (let n = KEPT - 1; n >= 0; n--) {
      const from = n === 0 ? this.path : `${this.path}.${n}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${this.path}.${n + 1}`);
    }
    this.#size = 0;
  }
}

function allowed(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(facts)) {
    if (!/^[A-Za-z][A-Za-z0-9_]{0,40}$/.test(key)) continue;
    const isPlain = typeof value === "number" || typeof value === "boolean" || value === null || (typeof value === "string" && SAFE_VALUE.test(value));
    kept[key] = KEYS.has(key) && isPlain ? value : "(withheld)";
  }
  return kept;
}
