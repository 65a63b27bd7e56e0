import type { DocumentType } from "@sallyport/phi";
import type { Place } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";
import type { ApiDeps } from "../../ports.ts";
import { openSites } from "./open-sites.ts";

const NOWHERE: Located<Place> = { place: { kind: "one", site: null }, found: { kind: "one", site: null } };

/**
 * Where a document belongs: its site, or, where it is the whole study's, every site that isn't closed, or every one where all are. One of another type is as
 * one that isn't there.
 */
export async function locateDocument<Tx>(deps: Pick<ApiDeps<Tx>, "documents" | "studies">, type: DocumentType, id: string, trace: Trace): Promise<Located<Place>> {
  trace.about(id);
  const document = await deps.documents.placeOf(id);
  if (document?.type !== type) return NOWHERE;
  const { study, site } = document;
  if (site !== null) return placed({ kind: "one", site: { study, site } });
  const registered = (await deps.studies.all()).find((each) => each.id === study);
  if (registered === undefined) return NOWHERE;
  const open = openSites(registered);
  const sites = open.length > 0 ? open : registered.sites.map(({ id: each }) => each);
  return placed({ kind: "each", sites: sites.map((each) => ({ study, site: each })) });
}

const placed = (place: Place): Located<Place> => ({ place, found: place });
