"use client";

import { useChange } from "../api/use-change.ts";
import { ActSection } from "../components/act-section.tsx";
import { AddressField, useAddress } from "../components/address-field.tsx";
import { useTell } from "../frame/notices.tsx";
import type { Person } from "./person-text.ts";

/** Says where somebody is told of what is done in their name; the address before hears of it. */
export function SetAddress({ person: { personId } }: { readonly person: Person }) {
  const tell = useTell();
  const typed = useAddress("");
  const act = useChange("people.setAddress", { onDone: () => tell({ tone: "done", text: "On record. The address before, and the new one, are told of it." }) });
  return (
    <ActSection
      title="Where they are told"
      button="Set their mail address"
      effect={<p>Approvals and signatures in their name, and requests that wait for them, are told there. The address before is told that it was changed.</p>}
      recorded={<li>that you changed where they are told; not the address</li>}
      isPending={act.isPending}
      failure={act.error}
      isReady={typed.isWell}
      onTried={typed.onTried}
      onGo={(reason) => act.mutateAsync({ personId, address: typed.address, reason })}
    >
      <AddressField typed={typed} hint="Empty for none: they are told nowhere then." />
    </ActSection>
  );
}
