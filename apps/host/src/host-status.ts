import { type CertificateDesk, revokedNames } from "./certificate-desk.ts";
import { type HostStatus, processStatus } from "./control-socket.ts";
import type { Custodians } from "./custodians.ts";
import type { Home } from "./home.ts";
import type { Keeper, Running } from "./keeper.ts";
import type { PasswordRing, PasswordState } from "./password-ring.ts";
import type { Addresses } from "./process-environment.ts";

/** What the supervisor says of itself. */
export const statusOf = (host: {
  readonly addresses: Addresses;
  readonly keepers: readonly Keeper<Running>[];
  readonly custodians: Custodians | null;
  readonly desk: CertificateDesk;
  readonly home: Home;
  readonly passwords: PasswordRing | null;
}): HostStatus => ({
  console: `http://localhost:${host.addresses.consolePort}`,
  api: `https://localhost:${host.addresses.apiPort}`,
  trustDomain: host.addresses.trustDomain,
  processes: host.keepers.map((keeper) => processStatus(keeper, host.custodians?.standingOf(keeper.name) ?? null)),
  certificates: host.desk.expiries().map(({ name, spiffe, notAfterMs }) => ({ name, workload: spiffe, notAfter: notAfterMs === null ? null : new Date(notAfterMs).toISOString() })),
  revoked: revokedNames(host.home),
  passwords: passwordStatus(host.passwords?.state() ?? null),
});

function passwordStatus(state: PasswordState | null): HostStatus["passwords"] {
  if (state === null) return null;
  const { generation, sinceMs, isOverdue, holders } = state;
  return { generation, since: new Date(sinceMs).toISOString(), isOverdue, holders };
}
