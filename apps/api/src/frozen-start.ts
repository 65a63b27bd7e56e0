import type { Head } from "@sallyport/audit";
import type { CustodianStatus } from "@sallyport/custody";

/**
 * Whether the database holds less, or other, than what the custodian signed: it was restored, emptied or swapped. Then the start is
 * a frozen one (DESIGN §6). Answers the first chain that disagrees, or null.
 */
export async function firstLost(
  marks: CustodianStatus["marks"],
  heads: readonly Head[],
  holds: (mark: CustodianStatus["marks"][number]) => Promise<boolean>,
): Promise<string | null> {
  const byChain = new Map(heads.map((head) => [head.chain, head]));
  for (const mark of marks) {
    const head = byChain.get(mark.chain);
    if (head === undefined || head.generation < mark.generation) return mark.chain;
    if (head.generation === mark.generation && head.seq < mark.size) return mark.chain;
    if (!(await holds(mark))) return mark.chain;
  }
  return null;
}
