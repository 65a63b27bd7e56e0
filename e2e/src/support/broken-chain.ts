import { PILOT } from "./pilot-study.ts";
import type { Product } from "./product.ts";

/** Has a record of a site's chain altered, as who owns the database could, and found. */
export async function breakChain(product: Product, site: string): Promise<void> {
  const chain = `site:${PILOT}/${site}`;
  await product.withOwner(async (owner) => {
    await owner.unsafe("ALTER TABLE audit.records DISABLE TRIGGER append_only");
    const altered = await owner`UPDATE audit.records SET body = replace(body, '"role":"', '"role":"x') WHERE chain = ${chain} AND generation = 1 AND seq = 2 RETURNING seq`;
    if (altered.length === 0) throw new Error(`nothing stands in ${chain} that could be altered`);
    await owner.unsafe("ALTER TABLE audit.records ENABLE ALWAYS TRIGGER append_only");
  });
  const auditor = product.connect("auditor");
  try {
    await auditor.api.trail.verify.query({ chains: [chain] }, { context: { deadlineMs: 60_000 } });
  } finally {
    await auditor.close();
  }
}
