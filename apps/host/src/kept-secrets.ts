import { rmSync } from "node:fs";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";
import { alertsFile, anchorsFile, egressFile, providerSecretFile } from "./process-environment.ts";
import { ownerFor, type Owners } from "./process-owners.ts";
import type { Settings } from "./settings.ts";

/**
 * Leaves to the api alone, in files, its secret at the external provider and the plans of its anchors and alerts, and to the egress process alone its credentials;
 * what an earlier start left is gone where there is none now.
 */
export function keepSecrets(home: Home, { provider, anchors, alerts, egress }: Pick<Settings, "provider" | "anchors" | "alerts" | "egress">, owners: Owners): void {
  const keep = (name: "api" | "egress", file: string, content: string | null): void => {
    if (content === null) rmSync(file, { force: true });
    else writePrivate(file, `${content}\n`, ownerFor(owners, name));
  };
  keep("api", providerSecretFile(home), provider?.clientSecret ?? null);
  keep("api", anchorsFile(home), anchors === null ? null : JSON.stringify(anchors));
  keep("api", alertsFile(home), alerts === null ? null : JSON.stringify(alerts));
  keep("egress", egressFile(home), egress === null ? null : JSON.stringify(egress));
}
