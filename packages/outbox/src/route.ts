/** A recipient's portal over HTTPS: packets are put below `path`. */
interface HttpsSettings {
  readonly kind: "https";
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly credential: string;
}
/** A folder of a recipient's SFTP server, which is known by its host key's fingerprint. */
interface SftpSettings {
  readonly kind: "sftp";
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly user: string;
  readonly hostKey: string;
  readonly credential: string;
}
/** Where a recipient takes packets, as two people registered it; of the form that `RouteSettings` of the contracts has. No secret is in it. */
export type RouteSettings = HttpsSettings | SftpSettings;

/** A route as it is registered. */
export interface Route {
  /** `rte_…`. */
  readonly id: string;
  readonly recipientId: string;
  /** 0 for the primary. */
  readonly rank: number;
  readonly settings: RouteSettings;
}

/** How a route was when it was looked at last. One that nobody has looked at is not used. */
export interface RouteHealth {
  readonly state: "healthy" | "unhealthy";
  /** Since when, in milliseconds. */
  readonly sinceMs: number;
  /** Why not, by its code; null where it is. */
  readonly failure: string | null;
}

/** A route in one line, for an effect and for people. */
export function routeLine(settings: RouteSettings): string {
  const where = `${settings.host}:${settings.port}`;
  return settings.kind === "https"
    ? `${settings.name}: https://${where}${settings.path} with ${settings.credential}`
    : `${settings.name}: sftp://${settings.user}@${where}${settings.folder} with ${settings.credential}, host key ${settings.hostKey}`;
}

/**
 * The route of the next attempt: of those that are healthy, the one that brought nothing the fewest times, and of these the first. So a fallback is used only
 * where the primary isn't healthy, or has surely brought nothing; null where none is healthy.
 */
export function chooseRoute(routes: readonly Route[], health: ReadonlyMap<string, RouteHealth>, failed: Readonly<Record<string, number>>): Route | null {
  const times = ({ id }: Route): number => failed[id] ?? 0;
  const usable = routes.filter(({ id }) => health.get(id)?.state === "healthy");
  return usable.toSorted((one, other) => times(one) - times(other) || one.rank - other.rank)[0] ?? null;
}
