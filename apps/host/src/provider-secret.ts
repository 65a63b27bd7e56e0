import { rmSync } from "node:fs";
import type { Home } from "./home.ts";
import { writePrivate } from "./private-file.ts";
import { providerSecretFile } from "./process-environment.ts";
import type { Owner } from "./process-owners.ts";
import type { ProviderSettings } from "./settings.ts";

/** Leaves the api's secret at the external provider to the api alone, in a file; what an earlier start left is gone where there is no provider now. */
export function keepProviderSecret(home: Home, provider: ProviderSettings | null, owner: Owner | undefined): void {
  const file = providerSecretFile(home);
  if (provider === null) rmSync(file, { force: true });
  else writePrivate(file, `${provider.clientSecret}\n`, owner);
}
