import { PlainRefusal } from "../frame/plain-refusal.tsx";
import { passkeyText } from "./passkey.ts";
import type { CeremonyFault } from "./use-ceremony.ts";

/** What went wrong in a ceremony, in words, read out as it appears. */
export function FaultNotice({ fault }: { readonly fault: CeremonyFault | null }) {
  if (fault === null) return null;
  if (fault.by === "api") return <PlainRefusal failure={fault.failure} />;
  return (
    <p className="fault-note" role="alert">
      {passkeyText[fault.fault]}
    </p>
  );
}
