import type { CertificateDesk } from "./certificate-desk.ts";
import type { HostStatus } from "./control-socket.ts";
import type { Keeper, Running } from "./keeper.ts";
import type { PasswordState } from "./password-ring.ts";
import type { Addresses } from "./process-environment.ts";

/** What the supervisor says of itself. */
export const statusOf = (host: {
  readonly addresses: Addresses;
  readonly keepers: readonly Keeper<Running>[];
  readonly desk: CertificateDesk;
  readonly revoked: readonly string[];
  readonly passwords: PasswordState | null;
}): HostStatus => ({
  console: `http://localhost:${host.addresses.consolePort}`,
  api: `https://localhost:${host.addresses.apiPort}`,
  trustDomain: host.addresses.trustDomain,
  processes: host.keepers.map((keeper) => ({ name: keeper.name, pid: keeper.current?.pid ?? null, state: keeper.state, sinceMs: Math.round(keeper.sinceMs) })),
  certificates: host.desk.expiries().map(({ name, spiffe, notAfterMs }) => ({ name, workload: spiffe, notAfter: notAfterMs === null ? null : new Date(notAfterMs).toISOString() })),
  revoked: host.revoked,
  passwords: passwordStatus(host.passwords),
});

function passwordStatus(state: PasswordState | null): HostStatus["passwords"] {
  if (state === null) return null;
  const { generation, sinceMs, isOverdue, holders } = state;
  return { generation, since: new Date(sinceMs).toISOString(), isOverdue, holders };
}
