"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Dialog } from "../components/dialog.tsx";
import { useTell } from "../frame/notices.tsx";
import { SiteFields } from "./site-fields.tsx";
import { NO_SITE, siteFaults, type Study } from "./study-text.ts";

/** Adds a site to a study. */
export function AddSite({ study: { study, sites }, onClose }: { readonly study: Study; readonly onClose: () => void }) {
  const tell = useTell();
  const [draft, setDraft] = useState(NO_SITE);
  const [isTried, setTried] = useState(false);
  const faults = siteFaults(
    draft,
    sites.map(({ site }) => site),
  );
  const act = useChange("studies.addSites", {
    refreshes: ["studies.list"],
    onDone: () => {
      tell({ tone: "done", text: "The site is registered, with a chain of its own." });
      onClose();
    },
  });
  return (
    <Dialog title="Add a site" isOpen onClose={onClose}>
      <ActForm
        act="Add it"
        isReady={Object.keys(faults).length === 0}
        onTried={() => setTried(true)}
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) => act.mutate({ study, sites: [{ ...draft, name: draft.name.trim() }], reason })}
        recorded={
          <ul>
            <li>that you registered this site; the first record of its chain</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <p>
          A site of <strong>{study}</strong>. Who holds a role over the whole study holds it there too.
        </p>
        <SiteFields draft={draft} onChange={(change) => setDraft((now) => ({ ...now, ...change }))} faults={isTried ? faults : {}} />
      </ActForm>
    </Dialog>
  );
}
