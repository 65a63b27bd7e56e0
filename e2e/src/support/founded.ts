import { rmSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@sallyport/app-host";
import { askFor } from "@sallyport/embedded-postgres/testing/once";
import { inject } from "vitest";
import type {} from "./founded-setup.ts";
import { Product } from "./product.ts";
import { run } from "./program.ts";

/**
 * A deployment that was founded and doesn't run yet, for tests of what comes after: a copy of the one that the run founded, so they all have the same
 * keys. Those that are about the founding itself, or need two deployments, found their own by {@link Product.start}.
 */
export async function prepareFounded(): Promise<Product> {
  const product = await Product.prepare();
  const { home } = await askFor<{ readonly home: string }>(inject("sallyportFounded"));
  // Each zone's files belong to a user of their own where this is root.
  const { code, stderr } = await run("cp", ["-Rp", home, product.home]);
  if (code !== 0) throw new Error(`the founded home can't be copied: ${stderr}`);
  // The ports that were chosen at the founding: another copy would take the same.
  for (const file of [join(product.home, "postgres", "port"), homePaths(product.home).custodianPort]) rmSync(file, { force: true });
  return product;
}

/** The same, once it has said that it is ready. */
export async function startFounded(): Promise<Product> {
  const product = await prepareFounded();
  await product.start();
  return product;
}
