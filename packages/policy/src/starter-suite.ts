import { readFileSync } from "node:fs";

/** The tests of the starter policy, as shipped: `cases/starter.yaml`. */
export const starterSuite = (): string => readFileSync(new URL("../cases/starter.yaml", import.meta.url), "utf8");
