/** What one variant does in one round; answers its units a second. */
export type Variant = () => Promise<number>;

/**
 * Runs every variant once in each round, in an order that moves on by one from round to round: a machine that grows slower or warmer
 * in the course of a run does so for all of them. Answers each variant's results by round.
 */
export async function interleave<Name extends string>(rounds: number, variants: Readonly<Record<Name, Variant>>): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(variants) as Name[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(at + round) % names.length] as Name;
      results[name].push(await variants[name]());
    }
    // For whoever watches; the absolute numbers are the machine's, and no figure.
    process.stderr.write(`  round ${round + 1}: ${names.map((name) => `${name} ${Math.round(results[name].at(-1) ?? 0)}/s`).join(", ")}\n`);
  }
  return results;
}
