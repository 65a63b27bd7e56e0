import type { BundleReader, BundleVerdict, VerifyOptions } from "./bundle-model.ts";
import { verifyBundle } from "./verify-bundle.ts";
import { excerptIn, verifyExcerpt } from "./verify-excerpt.ts";

/** Verifies whatever an export wrote: a bundle of a chain, or a file of chosen records. @throws as {@link verifyBundle}. */
export async function verifyExport(reader: BundleReader, options: VerifyOptions = {}): Promise<BundleVerdict> {
  const excerpt = await excerptIn(reader);
  if (excerpt === null) return verifyBundle(reader, options);
  const verdict = await verifyExcerpt(reader, excerpt, options);
  if (options.witness === undefined) return verdict;
  // What was asked for can't be shown, so it isn't said to be whole.
  const why = "an excerpt has no cosignatures: have a bundle of the chain exported, to see what a witness saw";
  return { ...verdict, whole: false, reads: "broken", breaks: [...verdict.breaks, { chain: verdict.chain, generation: 0, seq: 0, kind: "missing", why }], proves: [] };
}
