import type { EndedGeneration } from "@sallyport/api";
import type { CustodianStatus } from "@sallyport/custody";

/** The closed generations, by what the custodian says that it signed and had archived. The highest of a chain is open. */
export function endedGenerations({ marks, archived, archiveAfterDays }: Pick<CustodianStatus, "marks" | "archived" | "archiveAfterDays">): {
  readonly generations: readonly EndedGeneration[];
  readonly keptDays: number;
} {
  const open = new Map<string, number>();
  for (const { chain, generation } of marks) open.set(chain, Math.max(generation, open.get(chain) ?? 0));
  const generations = marks
    .filter(({ chain, generation }) => generation < (open.get(chain) ?? 0))
    .map(({ chain, generation, size, root, mac, atMs }): EndedGeneration => {
      const found = archived.find((each) => each.chain === chain && each.generation === generation);
      return { chain, generation, size, root, head: mac, endedAtMs: atMs, archived: found ?? null };
    });
  return {
    generations: generations.sort((one, other) => (one.chain === other.chain ? one.generation - other.generation : one.chain < other.chain ? -1 : 1)),
    keptDays: archiveAfterDays,
  };
}
