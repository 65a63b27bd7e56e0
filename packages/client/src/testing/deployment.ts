import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Authority, createAuthority, createRequest, type Identity, writeIdentity } from "@sallyport/pki";
import { processId, serviceId } from "@sallyport/zones";

/** A certificate authority with one workload's profile folder, made anew for a test. */
export interface TestDeployment {
  readonly trustDomain: string;
  readonly profile: string;
  issue(spiffe: string, dns: readonly string[], lifetimeSeconds?: number): Identity;
  /** The identity of the real api's workload. */
  apiIdentity(): Identity;
  /** Gives the profile a new certificate. */
  renew(lifetimeSeconds?: number): void;
  /** Writes the profile's `profile.json`. */
  pointAt(port: number): void;
  remove(): void;
}

/** Makes one, in a folder of its own under the system's temporary one. */
export function testDeployment(trustDomain = "dtest00000000.sallyport"): TestDeployment {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-client-"));
  const profile = join(folder, "engineer");
  const authority = new Authority(createAuthority({ trustDomain, now: Date.now, years: 1 }));
  const issue = (spiffe: string, dns: readonly string[], lifetimeSeconds = 3600): Identity => {
    const { csrPem, keyPem } = createRequest();
    return { keyPem, certPem: authority.issue({ csrPem, spiffe, dns, lifetimeSeconds }).certPem, caPem: authority.certPem };
  };
  const renew = (lifetimeSeconds?: number): void => writeIdentity(profile, issue(serviceId(trustDomain, "engineer"), [], lifetimeSeconds));
  mkdirSync(profile, { recursive: true });
  renew();
  return {
    trustDomain,
    profile,
    issue,
    renew,
    apiIdentity: () => issue(processId(trustDomain, "api"), ["localhost"]),
    pointAt: (port) =>
      writeFileSync(
        join(profile, "profile.json"),
        JSON.stringify({ name: "engineer", api: `https://localhost:${port}`, workload: serviceId(trustDomain, "engineer"), trustDomain }),
      ),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
