import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "@sallyport/embedded-postgres";
import { writeIdentity } from "@sallyport/pki";
import { DoorClient } from "./door-client.ts";
import { type FaultProxy, through } from "./fault-proxy.ts";
import { ChildApp } from "./processes.ts";
import type { Deployment, Who } from "./stack.ts";

/** The api in a process of its own, and a client of somebody's. */
export interface ChildApi {
  readonly child: ChildApp;
  readonly client: DoorClient;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Starts one; with a proxy, its connections to the database lead through it. */
export async function startChildApi(at: Deployment, proxy?: FaultProxy, who: Who = "ingest", more: Readonly<Record<string, string>> = {}): Promise<ChildApi> {
  const home = mkdtempSync(join(tmpdir(), "sallyport-child-api-"));
  writeIdentity(join(home, "identity"), at.apiIdentity);
  writeFileSync(join(home, "url"), proxy === undefined ? at.apiUrl : through(at.apiUrl, proxy), { mode: 0o600 });
  const port = await freePort();
  const child = new ChildApp("api", {
    NODE_ENV: "production",
    SALLYPORT_API_PORT: String(port),
    SALLYPORT_API_HOST: "127.0.0.1",
    SALLYPORT_API_DATABASE_URL_FILE: join(home, "url"),
    SALLYPORT_IDENTITY_DIR: join(home, "identity"),
    SALLYPORT_TRUST_DOMAIN: at.trustDomain,
    SALLYPORT_CUSTODIAN_ADDRESS: `127.0.0.1:${at.custodianPort}`,
    ...more,
  });
  const client = new DoorClient(port, at.trustDomain, at.identity(who));
  const close = async (): Promise<void> => {
    client.close();
    await child.end("SIGKILL");
    rmSync(home, { recursive: true, force: true });
  };
  try {
    await child.ready();
  } catch (error) {
    await close();
    throw error;
  }
  return { child, client, port, close };
}
