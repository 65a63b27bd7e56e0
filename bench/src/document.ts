import { existsSync } from "node:fs";
import { DocumentWay, WATCHED, type WayTaken } from "@sallyport/e2e/document-way";
import { type Figure, figureOf } from "./figure.ts";

const ROUNDS = 3;
/** Ten times the bytes take at most 1.2 times the memory. */
const MEMORY_GOAL = 0.833;
/** What goes through all of the bytes; a signature doesn't. */
const STAGES = ["upload", "check", "release", "view", "prepare", "seal", "deliver"] as const satisfies readonly (keyof WayTaken["ms"])[];

/**
 * One document from its upload to the portal's receipt, through the whole product: what the api, the custodian and the egress process hold
 * meanwhile against one of a tenth of the bytes; and how fast, against the same bytes in one plain HTTPS PUT that the portal digests.
 *
 * @param bytes - Of the document, about.
 */
export async function measureDocument(bytes: number): Promise<readonly Figure[]> {
  if (!existsSync("/proc/self/clear_refs")) return [];
  const way = await DocumentWay.open();
  try {
    const rounds: { readonly few: WayTaken; readonly many: WayTaken; readonly plainMs: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const few = await way.take(bytes / 10, `few-${round}`);
      const many = await way.take(bytes, `many-${round}`);
      const plainMs = await way.plainPut(bytes, `plain-${round}`);
      process.stderr.write(`  ${JSON.stringify({ ...many, plainMs: Math.round(plainMs) })}\n`);
      rounds.push({ few, many, plainMs });
    }
    const perSecond = (ms: number): number => (bytes * 1000) / ms;
    const wayMs = ({ many }: (typeof rounds)[number]): number => Object.values(many.ms).reduce((sum, each) => sum + each, 0);
    const plain = rounds.map(({ plainMs }) => perSecond(plainMs));
    return [
      ...WATCHED.map((name) =>
        figureOf(
          { name: `document.memory.${name}`, against: "the peak of memory at ten times the bytes", goal: MEMORY_GOAL },
          rounds.map(({ few }) => few.peakKb[name]),
          rounds.map(({ many }) => many.peakKb[name]),
        ),
      ),
      ...STAGES.map((stage) =>
        figureOf(
          { name: `document.${stage}`, against: "one plain HTTPS PUT of the same bytes", goal: null },
          rounds.map(({ many }) => perSecond(many.ms[stage])),
          plain,
        ),
      ),
      figureOf(
        { name: "document.way", against: "one plain HTTPS PUT of the same bytes, the whole way", goal: null },
        rounds.map((round) => perSecond(wayMs(round))),
        plain,
      ),
    ];
  } finally {
    await way.close();
  }
}
