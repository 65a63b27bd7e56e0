"use client";

import { useRouter } from "next/navigation";
import { useState } from "react";
import { useCall } from "../api/use-call.ts";
import { useChange } from "../api/use-change.ts";
import { ActForm } from "../components/act-form.tsx";
import { Button } from "../components/button.tsx";
import { Select } from "../components/choice.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Refusal } from "../components/refusal.tsx";
import { useTell } from "../frame/notices.tsx";
import { SiteFields } from "./site-fields.tsx";
import { NO_SITE, type SiteDraft, siteFaults, STUDY_ID } from "./study-text.ts";

interface NumberedSite extends SiteDraft {
  readonly at: number;
}

/** Registers a study with its first sites. */
export function RegisterStudy({ onClose }: { readonly onClose: () => void }) {
  const router = useRouter();
  const tell = useTell();
  const profiles = useCall("profiles.list", {});
  const [draft, setDraft] = useState({ study: "", title: "", profile: null as string | null });
  const [sites, setSites] = useState<readonly NumberedSite[]>([{ ...NO_SITE, at: 0 }]);
  const [isTried, setTried] = useState(false);
  const act = useChange("studies.register", {
    refreshes: ["studies.list"],
    onDone: () => {
      tell({ tone: "done", text: "Registered, with a chain for each site." });
      onClose();
      router.push(`/studies/${encodeURIComponent(draft.study)}`);
    },
  });
  const faults = sites.map((site, at) =>
    siteFaults(
      site,
      sites.slice(0, at).map((earlier) => earlier.site),
    ),
  );
  const isStudy = STUDY_ID.test(draft.study);
  const isTitle = draft.title.trim().length >= 2;
  const isReady = isStudy && isTitle && draft.profile !== null && faults.every((each) => Object.keys(each).length === 0);
  return (
    <Dialog title="Register a study" isOpen onClose={onClose}>
      <ActForm
        act="Register"
        isReady={isReady}
        onTried={() => setTried(true)}
        isPending={act.isPending}
        failure={act.error}
        onCancel={onClose}
        onGo={(reason) =>
          draft.profile !== null &&
          act.mutate({
            study: draft.study,
            title: draft.title.trim(),
            profile: draft.profile,
            sites: sites.map(({ site, name, country }) => ({ site, name: name.trim(), country })),
            reason,
          })
        }
        recorded={
          <ul>
            <li>that you registered this study with these sites; the first record of each site's chain</li>
            <li>a commitment to the reason</li>
          </ul>
        }
      >
        <div className="form-row">
          <Field
            label="Study"
            value={draft.study}
            onChange={(study) => setDraft((now) => ({ ...now, study }))}
            maxLength={40}
            isCode
            autoComplete="off"
            error={isTried && !isStudy ? "Up to forty letters, digits, dots, dashes and underscores." : null}
            hint="As its files name it (STUDYID). It stays for good."
          />
          <Field
            label="Title"
            value={draft.title}
            onChange={(title) => setDraft((now) => ({ ...now, title }))}
            maxLength={200}
            autoComplete="off"
            error={isTried && !isTitle ? "Enter the study's title." : null}
          />
        </div>
        {profiles.data === undefined && profiles.error !== null && <Refusal failure={profiles.error} isInline />}
        <Select
          label="Classification profile"
          options={(profiles.data?.profiles ?? []).map(({ profile, title }) => ({ id: profile, text: profile, about: title }))}
          isDisabled={profiles.data === undefined}
          value={draft.profile}
          onChange={(profile) => setDraft((now) => ({ ...now, profile }))}
          error={isTried && draft.profile === null ? "Choose a profile." : null}
          hint="What of the study's data is PHI."
        />
        {sites.map((site, index) => (
          <div key={site.at} className="site-draft">
            <SiteFields
              draft={site}
              onChange={(change) => setSites((now) => now.map((each) => (each.at === site.at ? { ...each, ...change } : each)))}
              faults={isTried ? (faults[index] ?? {}) : {}}
            />
            {sites.length > 1 && (
              <Button kind="quiet" aria-label={`Leave out site ${index + 1}`} onPress={() => setSites((now) => now.filter((each) => each.at !== site.at))}>
                Leave out
              </Button>
            )}
          </div>
        ))}
        <div className="form-acts">
          <Button onPress={() => setSites((now) => [...now, { ...NO_SITE, at: Math.max(...now.map(({ at }) => at)) + 1 }])}>Another site</Button>
        </div>
      </ActForm>
    </Dialog>
  );
}
