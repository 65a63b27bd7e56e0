"use client";

import { type FormEvent, useState } from "react";
import type { InputOf, OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, Skeleton } from "../components/states.tsx";
import { useFirstFocus } from "../components/use-first-focus.ts";
import { useTell } from "../frame/notices.tsx";
import { chipsOf } from "./filter-chips.ts";
import { type FilterQuery, readFilter, writeFilter } from "./filter-query.ts";
import { isSameFilter } from "./ready-views.ts";

type Search = OutputOf<"crossings.saved">["searches"][number];

const NAME_MAX = 60;
const HINT = "Yours alone. It isn't sealed: no subject's name or number belongs in it.";
const REFRESHES = ["crossings.saved"] as const;

/** A saved filter as this page holds filters: what it doesn't know is left out, as of a link. */
const queryOf = (filter: Search["filter"]): FilterQuery => readFilter(writeFilter(filter as FilterQuery));
const textOf = (filter: FilterQuery): string =>
  chipsOf(filter)
    .map(({ text }) => text)
    .join(", ") || "Everything";

interface SavedSearchesProps {
  readonly filter: FilterQuery;
  readonly onClose: () => void;
  readonly onFilter: (filter: FilterQuery) => void;
}

/** The reader's own searches under their names: the one on the page is added, others are opened, renamed and deleted. */
export function SavedSearches({ filter, onClose, onFilter }: SavedSearchesProps) {
  const call = useCall("crossings.saved", {});
  const searches = call.data?.searches ?? [];
  const known = searches.find((each) => isSameFilter(queryOf(each.filter), filter));
  return (
    <Dialog title="Saved searches" shape="drawer" isOpen onClose={onClose}>
      <DialogBody>
        {call.isPending && <Skeleton lines={4} label="Loading your searches" />}
        {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
        {call.data !== undefined && (
          <>
            {known === undefined ? <SaveThis filter={filter} /> : <p className="quiet">The filter on the page is saved as “{known.name}”.</p>}
            {searches.length === 0 ? (
              <EmptyState title="None saved yet">A search that is saved here is found again at any computer. To share one, copy its link.</EmptyState>
            ) : (
              <ul className="saved">
                {searches.map((search) => (
                  <Saved
                    key={search.searchId}
                    search={search}
                    onOpen={() => {
                      onFilter(queryOf(search.filter));
                      onClose();
                    }}
                  />
                ))}
              </ul>
            )}
            <p className="quiet">
              {searches.length} of {call.data.max} are kept.
            </p>
          </>
        )}
      </DialogBody>
    </Dialog>
  );
}

/** Keeps the filter on the page under a name. */
function SaveThis({ filter }: { readonly filter: FilterQuery }) {
  const tell = useTell();
  const [name, setName] = useState("");
  const [isTried, setTried] = useState(false);
  const save = useChange("crossings.save", {
    refreshes: REFRESHES,
    onDone: () => {
      setName("");
      setTried(false);
      tell({ tone: "done", text: "Saved. It is among your searches now." });
    },
  });
  const go = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== "" && !save.isPending) save.mutate({ name: name.trim(), filter: { ...filter } as InputOf<"crossings.save">["filter"] });
  };
  return (
    <form className="form saved-new" onSubmit={go} noValidate>
      <p>
        <span className="eyebrow">On the page now</span> {textOf(filter)}
      </p>
      <Field label="Name" value={name} onChange={setName} maxLength={NAME_MAX} autoComplete="off" hint={HINT} error={isTried && name.trim() === "" ? "Give it a name." : null} />
      {save.error !== null && <Refusal failure={save.error} isInline />}
      <Button kind="primary" type="submit" isPending={save.isPending}>
        Save this search
      </Button>
    </form>
  );
}

/** One saved search, and what can be done with it. */
function Saved({ search: { searchId, name, filter }, onOpen }: { readonly search: Search; readonly onOpen: () => void }) {
  const tell = useTell();
  const [mode, setMode] = useState<"shown" | "renaming" | "deleting">("shown");
  const remove = useChange("crossings.remove", { refreshes: REFRESHES, onDone: () => tell({ tone: "done", text: "Deleted. Nothing on the trail changed." }) });
  const query = queryOf(filter);
  const copy = () => {
    const link = `${location.origin}/crossings?${writeFilter(query).toString()}`;
    navigator.clipboard.writeText(link).then(
      () => tell({ tone: "done", text: "The link is copied. Whoever opens it sees what their own rights show." }),
      () => tell({ tone: "caution", text: "The browser did not let the link be copied. Open the search and copy the page's address." }),
    );
  };
  return (
    <li className="saved-one">
      {mode === "renaming" ? (
        <Rename searchId={searchId} name={name} onDone={() => setMode("shown")} />
      ) : (
        <>
          <strong>{name}</strong>
          <span className="quiet">{textOf(query)}</span>
          <div className="saved-acts">
            {mode === "deleting" ? (
              <>
                <Button kind="danger" aria-label={`Delete ${name} for good`} isPending={remove.isPending} onPress={() => remove.mutate({ searchId })}>
                  Delete for good
                </Button>
                <Button kind="quiet" onPress={() => setMode("shown")}>
                  Cancel
                </Button>
              </>
            ) : (
              <>
                <Button aria-label={`Open ${name}`} onPress={onOpen}>
                  Open
                </Button>
                <Button kind="quiet" aria-label={`Copy link of ${name}`} onPress={copy}>
                  Copy link
                </Button>
                <Button kind="quiet" aria-label={`Rename ${name}`} onPress={() => setMode("renaming")}>
                  Rename
                </Button>
                <Button kind="quiet" aria-label={`Delete ${name}`} onPress={() => setMode("deleting")}>
                  Delete …
                </Button>
              </>
            )}
          </div>
        </>
      )}
      {remove.error !== null && <Refusal failure={remove.error} isInline />}
    </li>
  );
}

/** Gives a saved search another name. */
function Rename({ searchId, name, onDone }: { readonly searchId: string; readonly name: string; readonly onDone: () => void }) {
  const form = useFirstFocus<HTMLFormElement>("input");
  const [next, setNext] = useState(name);
  const rename = useChange("crossings.rename", { refreshes: REFRESHES, onDone });
  const go = (event: FormEvent) => {
    event.preventDefault();
    if (next.trim() !== "" && !rename.isPending) rename.mutate({ searchId, name: next.trim() });
  };
  return (
    <form ref={form} className="form" onSubmit={go} noValidate>
      <Field
        label={`New name of ${name}`}
        value={next}
        onChange={setNext}
        maxLength={NAME_MAX}
        autoComplete="off"
        hint={HINT}
        error={next.trim() === "" ? "Give it a name." : null}
      />
      {rename.error !== null && <Refusal failure={rename.error} isInline />}
      <div className="saved-acts">
        <Button type="submit" isPending={rename.isPending}>
          Rename it
        </Button>
        <Button kind="quiet" onPress={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
