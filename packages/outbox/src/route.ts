import { z } from "zod";

/** Routes that a recipient may have: a primary and its fallbacks. */
export const ROUTES_MAX = 4;

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const name = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,39}$/);
const host = z.string().regex(HOST);
const port = z.int().min(1).max(65_535);
/** The name under which the egress process keeps what it proves itself with there. */
const credential = name;
/** Absolute, of plain names; nothing in it leads upwards. */
const folder = z.string().regex(/^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,64}){1,12}$/);

const Https = z.strictObject({ kind: z.literal("https"), name, host, port, path: folder, credential });
const Sftp = z.strictObject({
  kind: z.literal("sftp"),
  name,
  host,
  port,
  folder,
  user: z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/),
  /** The host key's fingerprint, as `ssh-keygen -l` shows it. */
  hostKey: z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/),
  credential,
});

/** Where a recipient takes packets, as two people registered it. No secret is in it. */
export const RouteSettings = z.discriminatedUnion("kind", [Https, Sftp]);
export type RouteSettings = z.infer<typeof RouteSettings>;

/** A recipient's routes in their order: the primary first. Each has a name of its own. */
export const RouteList = z
  .array(RouteSettings)
  .min(1)
  .max(ROUTES_MAX)
  .refine((routes) => new Set(routes.map((route) => route.name)).size === routes.length);

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
    ? `https://${where}${settings.path} with ${settings.credential}`
    : `sftp://${settings.user}@${where}${settings.folder} with ${settings.credential}, host key ${settings.hostKey}`;
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
