"use client";

import { useMemo } from "react";
import { useCall } from "../api/use-call.ts";
import type { Option } from "../components/choice.tsx";

/** A place as a choice's id: `study/site`, `study/*` or `*` twice. */
export interface PlaceRef {
  readonly study: string;
  readonly site: string;
}

/** What an id of {@link usePlaces} names. */
export function placeOf(id: string): PlaceRef {
  const [study = "*", site = "*"] = id.split("/");
  return { study, site };
}

const EVERYWHERE = "*/*";

/** Where a role may be held: everywhere, a study, or a site of those that the caller sees. */
export function usePlaces({ withEverywhere = true }: { readonly withEverywhere?: boolean } = {}) {
  const studies = useCall("studies.list", {});
  const places = useMemo<readonly Option[]>(
    () => [
      ...(withEverywhere ? [{ id: EVERYWHERE, text: "Everywhere", about: "all studies and sites" }] : []),
      ...(studies.data?.studies ?? []).flatMap(({ study, title, sites }) => [
        { id: `${study}/*`, text: `${study}, all sites`, about: title },
        ...sites.map(({ site, name, country }) => ({ id: `${study}/${site}`, text: `${study} / ${site}`, about: `${name}, ${country}` })),
      ]),
    ],
    [studies.data, withEverywhere],
  );
  return { places, failure: studies.data === undefined ? studies.error : null };
}
