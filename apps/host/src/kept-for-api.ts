import { rmSync } from "node:fs";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";
import { alertsFile, anchorsFile, providerSecretFile } from "./process-environment.ts";
import type { Owner } from "./process-owners.ts";
import type { Settings } from "./settings.ts";

/** Leaves to the api alone, in files, its secret at the external provider and the plans of its anchors and alerts; what an earlier start left is gone where there is none now. */
export function keepForApi(home: Home, { provider, anchors, alerts }: Pick<Settings, "provider" | "anchors" | "alerts">, owner: Owner | undefined): void {
  const keep = (file: string, content: string | null): void => {
    if (content === null) rmSync(file, { force: true });
    else writePrivate(file, `${content}\n`, owner);
  };
  keep(providerSecretFile(home), provider?.clientSecret ?? null);
  keep(anchorsFile(home), anchors === null ? null : JSON.stringify(anchors));
  keep(alertsFile(home), alerts === null ? null : JSON.stringify(alerts));
}
