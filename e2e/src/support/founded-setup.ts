import { madeOnce } from "@sallyport/embedded-postgres/testing/once";
import { Product } from "./product.ts";

declare module "vitest" {
  interface ProvidedContext {
    sallyportFounded: string;
  }
}

/** Vitest's global setup: one home for the whole run, founded when the first test asks for it; nothing runs on it any more. */
export default async function setup(project: { provide(name: "sallyportFounded", value: string): void }): Promise<() => Promise<void>> {
  const founded = await madeOnce("founded", async () => {
    const product = await Product.prepare();
    try {
      await product.start();
      await product.stop();
    } catch (error) {
      await product.remove();
      throw error;
    }
    return { told: { home: product.home }, dispose: () => product.remove() };
  });
  project.provide("sallyportFounded", founded.path);
  return () => founded.close();
}
