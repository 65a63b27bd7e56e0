import { ApiProcess } from "@sallyport/app-api";
import { readSettings } from "@sallyport/app-api/settings";
import { connectCustodian } from "@sallyport/custody";
import { connectDatabase } from "@sallyport/db";
import { IdentityFolder } from "@sallyport/pki";
import { processId } from "@sallyport/zones";

/** More than one caller ever sends: what is measured is the door, not the limit in front of it. */
const UNLIMITED = { perSecond: 1e9, burst: 1e9 };

const settings = readSettings();
const folder = new IdentityFolder(settings.identityDir, {});
const database = connectDatabase({ url: settings.databaseUrl, max: 12, applicationName: "sallyport-api", lanes: 1 });
const custodian = connectCustodian({ ...settings.custodian, identity: folder, custodianSpiffe: processId(settings.trustDomain, "custodian") });

/** The product's api with the rate limits and both caches out: each token is verified anew and each crossing has its key unwrapped. */
const api = new ApiProcess({
  database,
  custodian,
  identity: () => folder.current(),
  trustDomain: settings.trustDomain,
  consoleOrigin: settings.consoleOrigin,
  version: "bench",
  now: Date.now,
  write: (line) => process.stdout.write(line),
  limits: {
    perPeer: UNLIMITED,
    refusedPerPeer: UNLIMITED,
    handshakesPerNetwork: 1e6,
    inHandMax: 256,
    inHandPerPeer: 256,
    watchesPerPeer: 256,
    partsPerPeer: 64,
    partsMax: 64,
    connectionAgeMs: 3_600_000,
    bodyBytes: 256 * 1024,
  },
  keyTtlMs: 0,
  tokenCache: 0,
});
const end = async (): Promise<void> => {
  await api.close(2000).catch(() => undefined);
  custodian.close();
  folder.close();
  await database.close();
  process.exit(0);
};
process.once("SIGTERM", () => void end());
process.once("disconnect", () => void end());
await api.meetCustodian(20_000);
const port = await api.listen(settings.port, settings.host);
process.send?.({ type: "ready", port });
