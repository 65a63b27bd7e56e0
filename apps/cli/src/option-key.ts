import { isFingerprint } from "@sallyport/audit";
import { type Invocation, optionText } from "./command.ts";
import { UsageError } from "./usage-error.ts";

/** The fingerprint that `--key` names, or undefined. @throws UsageError where it is none. */
export function optionKey(invocation: Invocation): string | undefined {
  const key = optionText(invocation, "key");
  if (key !== undefined && !isFingerprint(key)) throw new UsageError("--key takes a fingerprint: sha256: and 64 hexadecimal digits in lower case");
  return key;
}
