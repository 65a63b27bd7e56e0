"use client";

import { useState } from "react";
import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { Field } from "../components/field.tsx";
import { isAddress } from "../me/is-address.ts";
import { useTell } from "../frame/notices.tsx";
import type { Person } from "./person-text.ts";

/** Says where somebody is told of what is done in their name; the address before hears of it. */
export function SetAddress({ person: { personId } }: { readonly person: Person }) {
  const tell = useTell();
  const [text, setText] = useState("");
  const [isTried, setTried] = useState(false);
  const address = text.trim();
  const isWell = address === "" || isAddress(address);
  const act = useChange("people.setAddress", { onDone: () => tell({ tone: "done", text: "On record. The address before, and the new one, are told of it." }) });
  return (
    <ActSection
      title="Where they are told"
      button="Set their mail address"
      effect={<p>Approvals and signatures in their name, and requests that wait for them, are told there. The address before is told that it was changed.</p>}
      recorded={<li>that you changed where they are told; not the address</li>}
      isPending={act.isPending}
      failure={act.error}
      isReady={isWell}
      onTried={() => setTried(true)}
      onGo={(reason) => act.mutateAsync({ personId, address: address === "" ? null : address, reason })}
    >
      <Field
        label="Mail address"
        type="email"
        value={text}
        onChange={setText}
        hint="Empty for none: they are told nowhere then."
        maxLength={254}
        error={isTried && !isWell ? "This isn't a mail address." : null}
      />
    </ActSection>
  );
}
