import { Field } from "./field.tsx";
import { REASON_MIN } from "./reason.ts";

export const isReason = (text: string): boolean => text.trim().length >= REASON_MIN;

interface ReasonFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly isTried: boolean;
  /** `Reason` unless it is said. */
  readonly label?: string;
}

/** Why an act is done. That it is too short is said once the person has tried to go on. */
export function ReasonField({ value, onChange, isTried, label = "Reason" }: ReasonFieldProps) {
  return <Field label={label} value={value} onChange={onChange} rows={2} maxLength={500} error={isTried && !isReason(value) ? `At least ${REASON_MIN} characters.` : null} />;
}
