import type { PacketState } from "./packet-text.ts";

/** The inbox's parts, in the order of a packet's life as a releaser meets it. `state` is null for all of them. */
export const SHOWS = [
  { id: "waiting", text: "Waiting", state: "quarantined" },
  { id: "released", text: "Released", state: "released" },
  { id: "rejected", text: "Rejected", state: "rejected" },
  { id: "abandoned", text: "Abandoned", state: "abandoned" },
  { id: "all", text: "All", state: null },
] as const satisfies readonly { readonly id: string; readonly text: string; readonly state: PacketState | null }[];
export type Show = (typeof SHOWS)[number]["id"];

/** Which packets are shown; of one study, or of all that the reader reaches. */
export interface PacketFilter {
  readonly show: Show;
  readonly study: string | null;
}

/** The filter of a link's query; what isn't a filter's is left out. */
export function readPacketFilter(query: URLSearchParams): PacketFilter {
  const study = query.get("study");
  return {
    show: SHOWS.find(({ id }) => id === query.get("show"))?.id ?? "waiting",
    study: study !== null && /^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/.test(study) ? study : null,
  };
}

/** The address of a filter: the same filter always gives the same one. */
export function packetsPath({ show, study }: PacketFilter): string {
  const query = new URLSearchParams({ ...(show !== "waiting" && { show }), ...(study !== null && { study }) });
  return query.size === 0 ? "/packets" : `/packets?${query.toString()}`;
}

/** What the filter asks of the api. */
export function packetsInput({ show, study }: PacketFilter): { readonly study?: string; readonly state?: PacketState } {
  const state = SHOWS.find(({ id }) => id === show)?.state ?? null;
  return { ...(study !== null && { study }), ...(state !== null && { state }) };
}
