import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { duplexPair } from "node:stream";
import { sha256, sha256Hex } from "@sallyport/crypto";
import { CustodianClient, serveFrames } from "@sallyport/custody";
import { relyingParty } from "@sallyport/passkey";
import { createRequest } from "@sallyport/pki";
import { fixedClock } from "@sallyport/testkit";
import { onTestFinished } from "vitest";
import { type CustodianParts, openCustodian, type RunningCustodian } from "../src/custodian.ts";
import { verifyDeeply } from "@sallyport/audit";
import { MemoryTrail } from "./memory-trail.ts";

export const STARTER = '{"title":"starter","version":1}';

export const SHIPPED_PROFILE = '{"id":"shipped"}';

export const PARTY = relyingParty("http://localhost:3000");

export interface Running {
  readonly home: string;
  readonly trail: MemoryTrail;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly custodian: RunningCustodian;
  readonly client: CustodianClient;
  /** Closes it and opens it again on the same home, trail and clock. */
  restart(): Promise<Running>;
  stop(): Promise<void>;
}

/** A folder of the running test's own. */
export function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "custodian-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A custodian over a folder of its own and a trail in memory, with a client that speaks frames to it. */
export async function start(from: Partial<Running> = {}, parts: Partial<CustodianParts> = {}): Promise<Running> {
  const home = from.home ?? newHome();
  const trail = from.trail ?? new MemoryTrail();
  const clock = from.clock ?? fixedClock();
  const custodian = await openCustodian({
    home,
    now: clock.now,
    onFailure: () => undefined,
    reader: trail,
    starterPolicyDigest: sha256Hex(STARTER),
    shippedProfileDigests: [sha256Hex(SHIPPED_PROFILE)],
    party: PARTY,
    archiveAfterDays: 30,
    async runDeeply(work, take, tell) {
      for await (const verdict of verifyDeeply(work, trail, clock.now, tell)) take(verdict);
    },
    ...parts,
  });
  const dial = (): Promise<ReturnType<typeof duplexPair>[0]> => {
    const [near, far] = duplexPair();
    serveFrames(far, custodian.handle, () => undefined);
    return Promise.resolve(near);
  };
  const client = new CustodianClient({ deployment: custodian.deployment, dial });
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    client.close();
    await custodian.close();
  };
  onTestFinished(stop);
  const running: Running = {
    home,
    trail,
    clock,
    custodian,
    client,
    stop,
    async restart() {
      await stop();
      return start({ home, trail, clock }, parts);
    },
  };
  return running;
}

/** A certificate of this workload, and its thumbprint. */
export async function enrol({ custodian }: Running, path: string): Promise<{ spiffe: string; x5t: string; certPem: string; keyPem: string; caPem: string }> {
  const { csrPem, keyPem } = createRequest();
  const spiffe = `spiffe://${custodian.trustDomain}${path}`;
  const { cert, ca } = await custodian.certificates.issue({ csr: csrPem, spiffe, dns: [] });
  return { spiffe, x5t: sha256(new X509Certificate(cert).raw).toString("base64url"), certPem: cert, keyPem, caPem: ca };
}
