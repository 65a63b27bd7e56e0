import type { InputOf, OutputOf } from "../api/procedures.ts";

export type RouteSettings = InputOf<"approvals.requestRoutes">["routes"][number];
type Standing = OutputOf<"outbox.list">["routes"][number];

/** A recipient has a primary and three fallbacks at most. */
export const ROUTES_MAX = 4;

const NAME = /^[a-z0-9][a-z0-9.-]{0,39}$/;
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const FOLDER = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]{1,64}){1,12}$/;
const USER = /^[a-z_][a-z0-9_.-]{0,31}$/;
const HOST_KEY = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** A route as it is typed. */
export interface RouteDraft {
  /** Tells drafts apart while their order changes. */
  readonly at: number;
  readonly kind: RouteSettings["kind"];
  readonly name: string;
  readonly host: string;
  readonly port: string;
  /** The path of an HTTPS portal, or the folder of an SFTP server. */
  readonly folder: string;
  readonly user: string;
  readonly hostKey: string;
  readonly credential: string;
}

const PORTS: Readonly<Record<RouteDraft["kind"], string>> = { https: "443", sftp: "22" };

export const emptyRoute = (at: number): RouteDraft => ({ at, kind: "https", name: "", host: "", port: PORTS.https, folder: "", user: "", hostKey: "", credential: "" });

/** The routes of one recipient as they are registered, in their order. */
export const routesOf = (routes: readonly Standing[], recipientId: string): readonly Standing[] =>
  routes.filter((route) => route.recipientId === recipientId).toSorted((one, other) => one.rank - other.rank);

export const draftOf = (settings: RouteSettings, at: number): RouteDraft =>
  settings.kind === "https"
    ? { ...emptyRoute(at), ...settings, port: `${settings.port}`, folder: settings.path }
    : { ...emptyRoute(at), ...settings, port: `${settings.port}`, folder: settings.folder };

/** The same route of the other kind: its usual port comes with it where the port wasn't changed. */
export const ofKind = (draft: RouteDraft, kind: RouteDraft["kind"]): RouteDraft => ({ ...draft, kind, port: draft.port === PORTS[draft.kind] ? PORTS[kind] : draft.port });

/** What is asked for; what the fields lack is {@link routeFaults}' to say. */
export function settingsOf({ kind, ...draft }: RouteDraft): RouteSettings {
  const { name, host, credential } = { name: draft.name.trim(), host: draft.host.trim(), credential: draft.credential.trim() };
  const port = Number(draft.port.trim());
  const folder = draft.folder.trim();
  if (kind === "https") return { kind, name, host, port, path: folder, credential };
  return { kind, name, host, port, folder, user: draft.user.trim(), hostKey: draft.hostKey.trim(), credential };
}

/** What is wrong with a route that is to be registered; `taken` are the names of those before it. */
export function routeFaults({ kind, name, host, port, folder, user, hostKey, credential }: RouteDraft, taken: readonly string[]): Partial<Record<keyof RouteDraft, string>> {
  const number = Number(port.trim());
  const isPort = /^\d{1,5}$/.test(port.trim()) && number >= 1 && number <= 65_535;
  return {
    ...(!NAME.test(name.trim()) && { name: "Lower-case letters, digits, dots and dashes, up to forty." }),
    ...(taken.includes(name.trim()) && { name: "Another route has this name." }),
    ...(!HOST.test(host.trim()) && { host: "A host name in lower case, or an IPv4 address." }),
    ...(!isPort && { port: "From 1 to 65535." }),
    ...(!FOLDER.test(folder.trim()) && { folder: "Begins with a slash and has plain names, as /packets." }),
    ...(!NAME.test(credential.trim()) && { credential: "The name that the egress process's file gives it." }),
    ...(kind === "sftp" && !USER.test(user.trim()) && { user: "A user name in lower case." }),
    ...(kind === "sftp" && !HOST_KEY.test(hostKey.trim()) && { hostKey: "SHA256: and 43 characters, as ssh-keygen -l shows it." }),
  };
}

/** One place up the list, or down; as it is where there is none. */
export function moved(drafts: readonly RouteDraft[], index: number, by: -1 | 1): readonly RouteDraft[] {
  const [one, other] = [drafts[index], drafts[index + by]];
  if (one === undefined || other === undefined) return drafts;
  return drafts.map((draft, at) => (at === index ? other : at === index + by ? one : draft));
}

/** A route in words: all that its settings say. */
export function routeWords(settings: RouteSettings): string {
  const where = `${settings.host}:${settings.port}`;
  return settings.kind === "https"
    ? `${settings.name}: https://${where}${settings.path}, credential ${settings.credential}`
    : `${settings.name}: sftp://${settings.user}@${where}${settings.folder}, credential ${settings.credential}, host key ${settings.hostKey}`;
}

export const placeText = (rank: number): string => (rank === 0 ? "Primary route" : `Fallback route ${rank}`);

/** What would be so at each place of the list, beside what is so now; empty where nothing would change. */
export function routeChanges(before: readonly RouteSettings[], after: readonly RouteSettings[]) {
  const [now, then] = [before.map(routeWords), after.map(routeWords)];
  const places = Array.from({ length: Math.max(now.length, then.length) }, (_, rank) => ({ what: placeText(rank), before: now[rank] ?? null, after: then[rank] ?? null }));
  return places.filter((place) => place.before !== place.after);
}
