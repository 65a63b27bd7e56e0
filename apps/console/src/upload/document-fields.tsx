"use client";

import { DOCUMENT_TEXT, isDocumentType } from "../packets/document-types.ts";
import { type ChosenFile, WHOLE } from "./document-choice.ts";
import type { UploadStudy } from "./use-upload-studies.ts";

interface DocumentFieldsProps {
  readonly n: number;
  readonly chosen: ChosenFile;
  /** The study that the packet is for, once it is chosen. */
  readonly place: UploadStudy | null;
  readonly onChange: (part: Pick<ChosenFile, "type"> | Pick<ChosenFile, "site">) => void;
}

/** What a document is, and where it belongs: nothing is chosen until a person has. */
export function DocumentFields({ n, chosen, place, onChange }: DocumentFieldsProps) {
  return (
    <span className="document-fields">
      <select
        className="input"
        aria-label={`What file ${n} is`}
        value={chosen.type}
        onChange={({ currentTarget: { value } }) => isDocumentType(value) && onChange({ type: value })}
      >
        <option value="" disabled>
          Choose what it is
        </option>
        {Object.entries(DOCUMENT_TEXT).map(([type, text]) => (
          <option key={type} value={type}>
            {text}
          </option>
        ))}
      </select>
      <select
        className="input"
        aria-label={`Where file ${n} belongs`}
        value={chosen.site}
        disabled={place === null}
        onChange={({ currentTarget: { value } }) => onChange({ site: value })}
      >
        <option value="" disabled>
          {place === null ? "Choose the study first" : "Choose where it belongs"}
        </option>
        {place?.sites.map((site) => (
          <option key={site} value={site}>
            Site {site}
          </option>
        ))}
        {place?.isWhole === true && <option value={WHOLE}>The whole study</option>}
      </select>
    </span>
  );
}
