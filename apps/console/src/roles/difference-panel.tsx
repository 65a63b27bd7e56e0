import { EffectList } from "../components/effect-list.tsx";
import { Panel } from "../components/states.tsx";
import { WideFrame } from "../components/wide-frame.tsx";
import { counted } from "../packets/packet-text.ts";
import type { PolicyChange } from "./policy-content.ts";

/** What a policy says otherwise than the one it was made from: all of it. */
export function DifferencePanel({ difference, title = "What it changes" }: { readonly difference: readonly PolicyChange[]; readonly title?: string }) {
  return (
    <Panel id="difference-title" title={title} acts={<span className="quiet">{counted(difference.length, "change")}</span>}>
      {difference.length === 0 ? (
        <p className="quiet">Nothing: it says the same.</p>
      ) : (
        <WideFrame label="Changes">
          <EffectList lines={difference} />
        </WideFrame>
      )}
    </Panel>
  );
}
