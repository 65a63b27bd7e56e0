"use client";

import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Segments } from "../components/segments.tsx";
import { ofKind, placeText, type RouteDraft } from "./route-draft.ts";

const KINDS = [
  { id: "https", text: "HTTPS" },
  { id: "sftp", text: "SFTP" },
] as const;

interface RouteFieldsProps {
  readonly draft: RouteDraft;
  readonly rank: number;
  readonly isLast: boolean;
  readonly faults: Partial<Record<keyof RouteDraft, string>>;
  readonly onChange: (draft: RouteDraft) => void;
  readonly onMove: (by: -1 | 1) => void;
  /** Null where it is the only one. */
  readonly onLeaveOut: (() => void) | null;
}

/** One route of the list, at its place: where it leads, and by what each side knows the other. */
export function RouteFields({ draft, rank, isLast, faults, onChange, onMove, onLeaveOut }: RouteFieldsProps) {
  const place = placeText(rank);
  const text = (key: keyof RouteDraft) => ({
    value: String(draft[key]),
    onChange: (value: string) => onChange({ ...draft, [key]: value }),
    error: faults[key] ?? null,
    autoComplete: "off" as const,
    isCode: true,
  });
  return (
    <fieldset className="route-draft">
      <legend className="part-title">{place}</legend>
      <Segments label={`Kind of the ${place.toLowerCase()}`} options={KINDS} value={draft.kind} onChange={(kind) => onChange(ofKind(draft, kind === "sftp" ? "sftp" : "https"))} />
      <div className="form-row">
        <Field label="Route's name" {...text("name")} maxLength={40} hint="As it stands on record." />
        <Field label="Credential" {...text("credential")} maxLength={40} hint="Its name in the egress process's file: our key, and for HTTPS the portal's authority." />
      </div>
      <div className="form-row">
        <Field label="Host" {...text("host")} maxLength={253} />
        <Field label="Port" {...text("port")} maxLength={5} inputMode="numeric" />
      </div>
      <div className="form-row">
        <Field label={draft.kind === "https" ? "Path" : "Folder"} {...text("folder")} maxLength={800} />
        {draft.kind === "sftp" && <Field label="User" {...text("user")} maxLength={32} />}
      </div>
      {draft.kind === "sftp" && (
        <Field label="Fingerprint of the host key" {...text("hostKey")} maxLength={50} hint="From the recipient, by another way than the network. Another key is refused." />
      )}
      <div className="form-acts">
        {rank > 0 && (
          <Button aria-label={`Put ${place.toLowerCase()} earlier`} onPress={() => onMove(-1)}>
            Earlier
          </Button>
        )}
        {!isLast && (
          <Button aria-label={`Put ${place.toLowerCase()} later`} onPress={() => onMove(1)}>
            Later
          </Button>
        )}
        {onLeaveOut !== null && (
          <Button kind="quiet" aria-label={`Leave out ${place.toLowerCase()}`} onPress={onLeaveOut}>
            Leave out
          </Button>
        )}
      </div>
    </fieldset>
  );
}
