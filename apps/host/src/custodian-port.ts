import { existsSync, readFileSync } from "node:fs";
import { freePort } from "@sallyport/embedded-postgres";
import type { Home } from "./home.ts";
import { assertPortFree } from "./port-check.ts";
import { writePrivate } from "./private-file.ts";

const SETTING = "SALLYPORT_CUSTODIAN_PORT";

/**
 * Where the custodian listens: the port that was set, or one that is chosen once and kept while it is free.
 * @throws SallyportError `port.taken` for a port that was set.
 */
export async function custodianPort(home: Home, set: number | null): Promise<number> {
  if (set !== null) {
    await assertPortFree(set, SETTING);
    return set;
  }
  const kept = existsSync(home.custodianPort) ? Number(readFileSync(home.custodianPort, "utf8")) : 0;
  const isUsable =
    Number.isInteger(kept) &&
    kept > 0 &&
    kept < 65_536 &&
    (await assertPortFree(kept, SETTING).then(
      () => true,
      () => false,
    ));
  const port = isUsable ? kept : await freePort();
  writePrivate(home.custodianPort, `${port}\n`);
  return port;
}
