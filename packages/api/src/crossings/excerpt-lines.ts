import { endLine, ExcerptWriter, lineOf } from "@sallyport/audit";
import type { CrossingLine, Grant } from "@sallyport/policy";
import type { ExcerptProofs } from "../ports.ts";
import type { Names } from "./crossing-summary.ts";

/** Names that one line holds, so that no line grows with the number of people. */
const NAMES_A_LINE = 200;

export interface ExcerptOf {
  readonly proofs: ExcerptProofs;
  readonly deployment: string;
  readonly grant: Grant;
  /** What was asked for: conditions by name. */
  readonly filter: Readonly<Record<string, unknown>>;
  readonly nowMs: number;
  readonly names: Names;
}

/** Spells an excerpt as its records come, each under a checkpoint and with its proof; signed at its end. */
export class ExcerptLines {
  readonly #of: ExcerptOf;
  readonly #writer: ExcerptWriter;
  readonly #logs = new Set<string>();
  readonly #principals = new Set<string>();
  #unproven = 0;

  constructor(of: ExcerptOf) {
    const { proofs, deployment, grant, filter, nowMs } = of;
    this.#of = of;
    this.#writer = new ExcerptWriter({
      deployment,
      filter: Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)])),
      exportedAt: new Date(nowMs).toISOString(),
      requestedBy: grant.principal,
      requestId: grant.requestId,
      ...proofs.key,
    });
  }

  /** Records so far that are not what was signed at their place. */
  get unproven(): number {
    return this.#unproven;
  }

  /** The lines before the first record. */
  begin(): readonly string[] {
    return [this.#writer.begin()];
  }

  /** A page of records. One that is not what was signed goes in without a proof: it is evidence, and the file's verdict names it. @throws `trail.unavailable`. */
  async page(stored: readonly Pick<CrossingLine, "chain" | "generation" | "seq" | "principal" | "body" | "mac">[]): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const { chain, generation, seq, principal, body, mac } of stored) {
      const log = `${chain}/${generation}`;
      if (!this.#logs.has(log)) {
        this.#logs.add(log);
        const { note } = await this.#of.proofs.checkpoint(chain, generation);
        lines.push(this.#writer.checkpoint(note));
      }
      const line = lineOf(body, mac);
      const proof = await this.#of.proofs.prove({ chain, generation, seq, line });
      if (proof === null) this.#unproven += 1;
      lines.push(this.#writer.record(line, proof ?? []));
      this.#principals.add(principal);
    }
    return lines;
  }

  /** The lines behind the last record; its signature is the last of them. @throws `trail.unavailable`. */
  async end(): Promise<readonly string[]> {
    const { names, proofs } = this.#of;
    const known = [...this.#principals].filter((id) => Object.hasOwn(names, id)).sort();
    const lines: string[] = [];
    for (let at = 0; at < known.length; at += NAMES_A_LINE)
      lines.push(this.#writer.names(Object.fromEntries(known.slice(at, at + NAMES_A_LINE).map((id) => [id, names[id] ?? ""]))));
    const { exportedAt, requestedBy, requestId, records, sha256 } = this.#writer.statement();
    return [...lines, endLine(await proofs.sign({ exportedAt, requestedBy, requestId, records, sha256 }))];
  }
}
