import type { IconName } from "../components/icon.tsx";

/** A page of the frame. */
export interface Destination {
  readonly href: string;
  readonly name: string;
  readonly icon: IconName;
  /** Shown to those whose rules name one of these acts; to everybody where there is none. */
  readonly needs: readonly string[];
  readonly group: "watch" | "work" | "govern" | "self";
  /** Other words for it, for the palette. */
  readonly also: string;
}

/** Every page that the rail and the palette offer, in the rail's order. */
export const destinations: readonly Destination[] = [
  { href: "/overview", name: "Overview", icon: "overview", needs: [], group: "watch", also: "home pillars zones chains health" },
  { href: "/crossings", name: "Crossings", icon: "crossings", needs: ["trail.read"], group: "watch", also: "trail audit records search export verify" },
  { href: "/incidents", name: "Incidents", icon: "incidents", needs: ["trail.read"], group: "watch", also: "broken frozen" },
  { href: "/archives", name: "Archives", icon: "archives", needs: ["trail.read"], group: "watch", also: "retention generations closed removed bundle" },
  {
    href: "/packets",
    name: "Packets",
    icon: "packets",
    needs: ["packet.read", "packet.upload"],
    group: "work",
    also: "quarantine inbox upload release reject ingress files",
  },
  {
    href: "/documents",
    name: "Documents",
    icon: "documents",
    needs: ["document.read"],
    group: "work",
    also: "sign signatures sequences correspondence credentials receipts versions",
  },
  {
    href: "/submissions",
    name: "Submissions",
    icon: "out",
    needs: ["submission.assemble", "submission.submit", "submission.release"],
    group: "work",
    also: "sequences ectd backbone packets seal submit egress agency sponsor age",
  },
  { href: "/outbox", name: "Outbox", icon: "outbox", needs: ["outbox.read"], group: "work", also: "egress send submissions recipients routes receipts portals doubt reconcile" },
  { href: "/subjects", name: "Subjects", icon: "subjects", needs: ["subject.list"], group: "work", also: "phi patients reveal exposure" },
  {
    href: "/profiles",
    name: "Profiles",
    icon: "profiles",
    needs: ["profile.read"],
    group: "work",
    also: "classification phi hipaa identifiers variables regulatory fhir",
  },
  { href: "/approvals", name: "Approvals", icon: "approvals", needs: ["approval.read"], group: "work", also: "requests decide inbox" },
  { href: "/roles", name: "Roles", icon: "roles", needs: ["role.read"], group: "govern", also: "policy matrix rights grants propose history explain who can" },
  { href: "/people", name: "People", icon: "people", needs: ["principal.read"], group: "govern", also: "users invite suspend recover offboard assign roles" },
  { href: "/services", name: "Services", icon: "services", needs: ["workload.read"], group: "govern", also: "workloads programs certificates enrol code renew offboard" },
  { href: "/spool", name: "Spool", icon: "packets", needs: ["workload.read"], group: "govern", also: "handed over later outage waiting replay receipts refused" },
  { href: "/studies", name: "Studies and sites", icon: "studies", needs: ["study.register"], group: "govern", also: "registry register close import protocol" },
  { href: "/recipients", name: "Recipients", icon: "key", needs: ["recipient.change"], group: "govern", also: "agency sponsor age keys fingerprint egress" },
  { href: "/locks", name: "Locks", icon: "locks", needs: ["lock.read"], group: "govern", also: "stop incident person service token role site lift" },
  { href: "/keys", name: "Keys", icon: "key", needs: ["keys.read"], group: "govern", also: "rings rotate rotation kek token rewrap overdue rehearse" },
  {
    href: "/reviews",
    name: "Reviews",
    icon: "reviews",
    needs: ["emergency.review", "role.read", "trail.review"],
    group: "govern",
    also: "emergency break glass access recertification audit trail risk findings sign off overdue",
  },
  { href: "/me", name: "Session and security", icon: "me", needs: [], group: "self", also: "my passkeys authenticators sessions rights" },
  { href: "/terminal", name: "Confirm a terminal", icon: "terminal", needs: [], group: "self", also: "command line login code" },
];

/** The rail holds no page that is only ever come to with a code in hand. */
export const railDestinations = destinations.filter(({ href }) => href !== "/terminal");

export const mayShow = (destination: Destination, actions: ReadonlySet<string>): boolean =>
  destination.needs.length === 0 || destination.needs.some((action) => actions.has(action));

/** Where a search goes: to one request by its id, or to a principal's crossings. Null for what can be neither. */
export function searchTarget(text: string): string | null {
  const query = text.trim();
  if (/^req_[0-9a-hjkmnp-tv-z]{26}$/.test(query)) return `/crossings?request=${query}`;
  return /^[!-~]{2,80}$/.test(query) ? `/crossings?who=${encodeURIComponent(query)}` : null;
}

/** A path of ours to go back to after signing in; anything else is the overview. */
export function returnPath(text: string | null): string {
  const isOurs =
    text !== null &&
    /^\/[a-z][A-Za-z0-9_/-]*(?:\?[!-~]{0,400})?$/.test(text) &&
    destinations.some(({ href }) => text === href || text.startsWith(`${href}?`) || text.startsWith(`${href}/`));
  return isOurs ? text : "/overview";
}
