import { Field } from "./field.tsx";
import { REASON_MIN } from "./reason.ts";

export const isReason = (text: string): boolean => text.trim().length >= REASON_MIN;

/** Why an act is done. That it is too short is said once the person has tried to go on. */
export function ReasonField({ value, onChange, isTried }: { readonly value: string; readonly onChange: (text: string) => void; readonly isTried: boolean }) {
  return <Field label="Reason" value={value} onChange={onChange} rows={2} maxLength={500} error={isTried && !isReason(value) ? `At least ${REASON_MIN} characters.` : null} />;
}
