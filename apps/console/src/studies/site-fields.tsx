"use client";

import { Field } from "../components/field.tsx";
import type { SiteDraft } from "./study-text.ts";

interface SiteFieldsProps {
  readonly draft: SiteDraft;
  readonly onChange: (change: Partial<SiteDraft>) => void;
  readonly faults: Partial<Record<keyof SiteDraft, string>>;
}

/** A site that is to be registered: its id, which stays for good, its name and its country. */
export function SiteFields({ draft: { site, name, country }, onChange, faults }: SiteFieldsProps) {
  return (
    <div className="form-row">
      <Field
        label="Site"
        value={site}
        onChange={(text) => onChange({ site: text })}
        maxLength={20}
        isCode
        autoComplete="off"
        error={faults.site ?? null}
        hint="Its id stays for good."
      />
      <Field label="Name" value={name} onChange={(text) => onChange({ name: text })} maxLength={200} autoComplete="off" error={faults.name ?? null} />
      <Field
        label="Country"
        value={country}
        onChange={(text) => onChange({ country: text.toUpperCase() })}
        maxLength={3}
        isCode
        autoComplete="off"
        error={faults.country ?? null}
        hint="ISO 3166-1 alpha-3."
      />
    </div>
  );
}
