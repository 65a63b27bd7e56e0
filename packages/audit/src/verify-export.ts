import type { BundleReader, BundleVerdict } from "./bundle-model.ts";
import { verifyBundle } from "./verify-bundle.ts";
import { excerptIn, verifyExcerpt } from "./verify-excerpt.ts";

/** Verifies whatever an export wrote: a bundle of a chain, or a file of chosen records. @throws as {@link verifyBundle}. */
export async function verifyExport(reader: BundleReader, options: { readonly fingerprint?: string } = {}): Promise<BundleVerdict> {
  const excerpt = await excerptIn(reader);
  return excerpt === null ? verifyBundle(reader, options) : verifyExcerpt(reader, excerpt, options);
}
