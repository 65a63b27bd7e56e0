import type { Break, Head } from "./model.ts";

/**
 * The generation that takes records is the custodian's to open: a store whose head is in another one was put back, or moved by somebody else. Null
 * where it is in that generation, or there is none.
 *
 * @param size - Records of the generation that were found.
 */
export function strayedHead(head: Pick<Head, "generation"> | undefined, generation: number, size: number): Pick<Break, "seq" | "kind" | "why"> | null {
  if (head === undefined || head.generation === generation) return null;
  return head.generation < generation
    ? { seq: 1, kind: "rolled back", why: `the store is in generation ${head.generation}, but ${generation} was opened` }
    : { seq: size + 1, kind: "inserted", why: `the store opened generation ${head.generation} by itself` };
}
