"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { Segments } from "../components/segments.tsx";
import { useTell } from "../frame/notices.tsx";
import { chipsOf, outcomeText, spanShort } from "./filter-chips.ts";
import { type FilterQuery, type Outcome, OUTCOMES, SPANS, type Span, writeFilter } from "./filter-query.ts";
import { useOnceWanted } from "./use-once-wanted.ts";
import { isSameFilter, READY_VIEWS } from "./ready-views.ts";

// The drawers are fetched when they are first wanted.
const FilterDrawer = dynamic(async () => (await import("./filter-drawer.tsx")).FilterDrawer, { ssr: false });
const SavedSearches = dynamic(async () => (await import("./saved-searches.tsx")).SavedSearches, { ssr: false });

export interface FilterBarProps {
  readonly filter: FilterQuery;
  readonly onFilter: (filter: FilterQuery) => void;
  /** Values that are on the screen, offered where one is typed. */
  readonly seen: Readonly<Record<"principal" | "action" | "reason" | "site" | "study", readonly string[]>>;
}

/** Which crossings are shown: the quick parts in the bar, the others in a drawer, and all that hold as chips that come off one by one. */
export function FilterBar({ filter, onFilter, seen }: FilterBarProps) {
  const [isOpen, setOpen] = useState(false);
  const [isKept, setKept] = useState(false);
  const tell = useTell();
  const chips = chipsOf(filter);
  const when = filter.last ?? (filter.from !== undefined || filter.until !== undefined ? "range" : "any");
  const outcome = filter.outcome?.length === 1 ? (filter.outcome[0] ?? "any") : filter.outcome === undefined ? "any" : "several";

  const setWhen = (id: string) => {
    const { last: _last, from: _from, until: _until, ...rest } = filter;
    if (id === "range") setOpen(true);
    else onFilter(id === "any" ? rest : { ...rest, last: id as Span });
  };
  const setOutcome = (id: string) => {
    const { outcome: _, ...rest } = filter;
    onFilter(id === "any" ? rest : { ...rest, outcome: [id as Outcome] });
  };
  const copyLink = () => {
    const query = writeFilter(filter).toString();
    navigator.clipboard.writeText(`${location.origin}/crossings${query === "" ? "" : `?${query}`}`).then(
      () => tell({ tone: "done", text: "The link to this filter is copied. Whoever opens it sees what their own rights show." }),
      () => tell({ tone: "caution", text: "The browser did not let the link be copied. Copy the page's address instead." }),
    );
  };

  return (
    <section className="filters" aria-label="Filter">
      <div className="filters-bar">
        <Segments
          label="Outcome"
          value={outcome}
          onChange={setOutcome}
          options={[{ id: "any", text: "All" }, ...OUTCOMES.map((id) => ({ id, text: outcomeText[id] })), ...(outcome === "several" ? [{ id: "several", text: "Several" }] : [])]}
        />
        <Segments
          label="When"
          value={when}
          onChange={setWhen}
          options={[{ id: "any", text: "Any" }, ...SPANS.map((id) => ({ id, text: spanShort[id] })), { id: "range", text: "Range" }]}
        />
        <div className="filters-acts">
          <Button onPress={() => setOpen(true)}>Filter</Button>
          <select
            className="input views"
            aria-label="Ready views"
            value={READY_VIEWS.find(({ filter: ready }) => isSameFilter(ready, filter))?.name ?? ""}
            onChange={(event) => onFilter(READY_VIEWS.find(({ name }) => name === event.currentTarget.value)?.filter ?? filter)}
          >
            <option value="" disabled>
              Views
            </option>
            {READY_VIEWS.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
          <Button onPress={() => setKept(true)}>Saved …</Button>
          <Button kind="quiet" onPress={copyLink}>
            <Icon name="copy" size={16} /> Copy link
          </Button>
        </div>
      </div>
      {chips.length > 0 && (
        <ul className="chips" aria-label="Parts of the filter">
          {chips.map(({ key, text, without }) => (
            <li key={key} className="chip">
              <span>{text}</span>
              <button type="button" className="chip-off" aria-label={`Take off: ${text}`} onClick={() => onFilter(without)}>
                <Icon name="close" size={12} />
              </button>
            </li>
          ))}
          <li>
            <Button kind="quiet" onPress={() => onFilter({})}>
              Clear all
            </Button>
          </li>
        </ul>
      )}
      {useOnceWanted(isOpen) && <FilterDrawer isOpen={isOpen} filter={filter} seen={seen} onClose={() => setOpen(false)} onFilter={onFilter} />}
      {isKept && <SavedSearches filter={filter} onClose={() => setKept(false)} onFilter={onFilter} />}
    </section>
  );
}
