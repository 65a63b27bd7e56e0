/** How much a finding matters: `error` – it doesn't work or isn't safe; `warning` – know it; `ok` – it was looked at. */
type Severity = "ok" | "warning" | "error";

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly severity: Severity;
  readonly message: string;
  /** What to do; empty where there is nothing to do. */
  readonly remedy: string;
}

export const ok = (check: string, message: string): Finding => ({ check, severity: "ok", message, remedy: "" });
export const warning = (check: string, message: string, remedy: string): Finding => ({ check, severity: "warning", message, remedy });
export const error = (check: string, message: string, remedy: string): Finding => ({ check, severity: "error", message, remedy });
