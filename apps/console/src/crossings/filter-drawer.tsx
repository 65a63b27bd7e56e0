"use client";

import { type FormEvent, useId, useState } from "react";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import type { FilterBarProps } from "./filter-bar.tsx";
import { filterLabel, outcomeText } from "./filter-chips.ts";
import { type FilterQuery, isFilterText, OUTCOMES, readFilter, TEXT_KEYS, type TextKey, writeFilter } from "./filter-query.ts";

const hints: Partial<Record<TextKey, string>> = {
  principal: "A principal's id: prn_… or svc_…",
  action: "noun.verb, such as phi.read",
  resource: "Begins with: a resource, or a subject's keyed reference",
  chain: "system, or site:study/site",
  reason: "The whole reason, such as policy.denied",
  requestId: "req_ and 26 characters",
};

interface FilterDrawerProps extends FilterBarProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Every part of the filter, to be set together. */
export function FilterDrawer({ isOpen, onClose, ...props }: FilterDrawerProps) {
  return (
    <Dialog title="Filter crossings" shape="drawer" isOpen={isOpen} onClose={onClose}>
      {isOpen && <FilterForm key={writeFilter(props.filter).toString()} {...props} onClose={onClose} />}
    </Dialog>
  );
}

/** `2026-11-22T12:00:05.000Z` and what a browser's time field holds, which has no zone: it is read as UTC, and the label says so. */
const toField = (iso: string | undefined): string => iso?.slice(0, 19) ?? "";
const fromField = (text: string): string | undefined => (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? `${text.length === 16 ? `${text}:00` : text.slice(0, 19)}.000Z` : undefined);

function FilterForm({ filter, onFilter, seen, onClose }: Omit<FilterDrawerProps, "isOpen">) {
  const id = useId();
  const [faulty, setFaulty] = useState<readonly TextKey[]>([]);
  const apply = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => {
      const value = form.get(name);
      return typeof value === "string" ? value.trim() : "";
    };
    const wrong = TEXT_KEYS.filter((key) => text(key) !== "" && !isFilterText(key, text(key)));
    setFaulty(wrong);
    if (wrong.length > 0) {
      event.currentTarget.querySelector<HTMLInputElement>(`[name=${wrong[0] ?? ""}]`)?.focus();
      return;
    }
    const outcome = OUTCOMES.filter((each) => form.getAll("outcome").includes(each));
    const [from, until] = [fromField(text("from")), fromField(text("until"))];
    const texts = Object.fromEntries(TEXT_KEYS.flatMap((key) => (text(key) === "" ? [] : [[key, text(key)]]))) as FilterQuery;
    const span = from === undefined && until === undefined && filter.last !== undefined ? { last: filter.last } : {};
    const next: FilterQuery = { ...texts, ...(outcome.length > 0 && { outcome }), ...(from !== undefined && { from }), ...(until !== undefined && { until }), ...span };
    onFilter(readFilter(writeFilter(next)));
    onClose();
  };
  return (
    <form className="filter-form" onSubmit={apply} autoComplete="off" noValidate>
      <DialogBody>
        <fieldset className="filter-outcomes">
          <legend className="field-label">Outcome</legend>
          {OUTCOMES.map((each) => (
            <label key={each} className="check">
              <input type="checkbox" name="outcome" value={each} defaultChecked={filter.outcome?.includes(each) ?? false} /> {outcomeText[each]}
            </label>
          ))}
        </fieldset>
        <div className="filter-fields">
          {TEXT_KEYS.map((key) => {
            const isWrong = faulty.includes(key);
            const options = key in seen ? seen[key as keyof typeof seen] : [];
            const about = isWrong ? "ASCII without spaces, and not too long" : hints[key];
            return (
              <div key={key} className="field">
                <label className="field-label" htmlFor={`${id}-${key}`}>
                  {filterLabel(key)}
                </label>
                <input
                  id={`${id}-${key}`}
                  name={key}
                  className="input input-code"
                  defaultValue={filter[key] ?? ""}
                  spellCheck={false}
                  aria-invalid={isWrong}
                  {...(about !== undefined && { "aria-describedby": `${id}-${key}-about` })}
                  {...(options.length > 0 && { list: `${id}-${key}-seen` })}
                />
                {about !== undefined && (
                  <p id={`${id}-${key}-about`} className={isWrong ? "field-error" : "field-hint"}>
                    {about}
                  </p>
                )}
                {options.length > 0 && (
                  <datalist id={`${id}-${key}-seen`}>
                    {options.map((option) => (
                      <option key={option} value={option}>
                        {option}
                      </option>
                    ))}
                  </datalist>
                )}
              </div>
            );
          })}
          {(["from", "until"] as const).map((key) => (
            <div key={key} className="field">
              <label className="field-label" htmlFor={`${id}-${key}`}>
                {key === "from" ? "From (UTC)" : "Before (UTC)"}
              </label>
              <input id={`${id}-${key}`} name={key} type="datetime-local" step="1" className="input" defaultValue={toField(filter[key])} />
            </div>
          ))}
        </div>
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          Cancel
        </Button>
        <Button kind="primary" type="submit">
          Show
        </Button>
      </DialogFoot>
    </form>
  );
}
