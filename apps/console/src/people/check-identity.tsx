"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Select } from "../components/choice.tsx";
import { useTell } from "../frame/notices.tsx";
import { IDENTITY_TEXT, type Person, wayNamed } from "./person-text.ts";

/** Puts on record that somebody was found to be who they say they are. Before the first time they sign nothing. */
export function CheckIdentity({ person: { personId, identity } }: { readonly person: Person }) {
  const tell = useTell();
  const [chosen, setChosen] = useState<string | null>(null);
  const [isTried, setTried] = useState(false);
  const how = wayNamed(chosen);
  const act = useChange("people.checkIdentity", { refreshes: ["people.list"], onDone: () => tell({ tone: "done", text: "On record. They can sign from now on." }) });
  return (
    <ActSection
      title={identity === null ? "Identity not checked yet" : "Check their identity again"}
      button="Put a check on record"
      effect={
        <p>
          {identity === null
            ? "Before anybody signs, somebody looks at who they are (21 CFR 11.100(b)). Say so here once you have."
            : "Both checks stay on record. Nothing else changes."}
        </p>
      }
      recorded={<li>that you found them to be who they say they are, by what, and when</li>}
      reasonLabel="Evidence"
      isPending={act.isPending}
      failure={act.error}
      isReady={how !== null}
      onTried={() => setTried(true)}
      onGo={(reason) => (how === null ? Promise.resolve() : act.mutateAsync({ personId, how, reason }))}
    >
      <Select
        label="By"
        isRequired
        options={Object.entries(IDENTITY_TEXT).map(([id, text]) => ({ id, text }))}
        value={chosen}
        onChange={setChosen}
        error={isTried && how === null ? "Choose by what you know." : null}
      />
    </ActSection>
  );
}
