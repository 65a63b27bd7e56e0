"use client";

import type { OutputOf } from "../api/procedures.ts";
import { domainTitle } from "./sdtm-names.ts";

interface DomainChoiceProps {
  readonly domains: OutputOf<"subjects.get">["domains"];
  readonly at: string;
  readonly onGo: (domain: string) => void;
}

/** Which of the subject's domains is shown, each with its count of records; nothing where there is but one. */
export function DomainChoice({ domains, at, onGo }: DomainChoiceProps) {
  const sorted = domains.toSorted((a, b) => Number(b.domain === "DM") - Number(a.domain === "DM") || a.domain.localeCompare(b.domain, "en"));
  if (sorted.length < 2 && sorted.every(({ domain }) => domain === at)) return null;
  return (
    <fieldset className="domains">
      <legend className="visually-hidden">Domains</legend>
      {sorted.map(({ domain, records }) => (
        <button key={domain} type="button" className="domain" aria-pressed={domain === at} title={domainTitle(domain)} onClick={() => onGo(domain)}>
          {domain}
          <span className="visually-hidden">, {domainTitle(domain)}, </span>
          <span className="quiet number">{records.toLocaleString("en-GB")}</span>
          <span className="visually-hidden">{records === 1 ? " record" : " records"}</span>
        </button>
      ))}
    </fieldset>
  );
}
