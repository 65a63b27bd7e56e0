"use client";

import Link from "next/link";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Lamp, type LampLook } from "../components/lamp.tsx";
import { EmptyState } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { clockOf } from "../status/status-text.ts";
import { anchoredText, anchorLine, type Chain, type ChainSignal, chainSignal, chainsSentence, inOrder, signedText, verifiedText } from "./chain-words.ts";

const FEW = 8;
const look: Record<ChainSignal, LampLook> = { broken: "shut", scarred: "caution", waiting: "caution", stands: "lit" };
const word: Record<ChainSignal, string> = { broken: "broken", scarred: "broken earlier", waiting: "waiting", stands: "stands" };

const columns: readonly Column<Chain>[] = [
  {
    key: "chain",
    title: "Chain",
    isHeader: true,
    cell: (chain) => (
      <span className="chain-name">
        <Lamp look={look[chainSignal(chain)]} size={16} label={word[chainSignal(chain)]} />
        <Link href={`/crossings?chain=${encodeURIComponent(chain.chain)}`}>{chain.chain}</Link>
      </span>
    ),
  },
  { key: "generation", title: "Generation", isNumber: true, isWide: true, cell: ({ generation }) => generation },
  { key: "size", title: "Records", isNumber: true, cell: ({ size }) => size.toLocaleString("en-GB") },
  {
    key: "signed",
    title: "Signed",
    cell: (chain) => (
      <span>
        {signedText(chain)}
        {chain.checkpointedAt !== null && <span className="quiet">, {clockOf(chain.checkpointedAt)}</span>}
      </span>
    ),
  },
  {
    key: "anchored",
    title: "Anchored",
    cell: (chain) => (
      <span>
        {anchoredText(chain)}
        <span className="quiet">
          {chain.anchors.map((anchor) => (
            <span key={`${anchor.kind} ${anchor.name}`}>
              <br />
              {anchorLine(anchor, chain.checkpointedAt ?? undefined)}
            </span>
          ))}
        </span>
      </span>
    ),
  },
  {
    key: "verified",
    title: "Verified",
    cell: verifiedText,
  },
];

/** The chains: how far written, signed, anchored and verified. It never says more than was verified, and where nobody outside holds a copy it says so. */
export function ChainPanel({ chains, fingerprint }: { readonly chains: readonly Chain[]; readonly fingerprint: string }) {
  const [isAll, setAll] = useState(false);
  const ordered = inOrder(chains);
  const shown = isAll ? ordered : ordered.slice(0, FEW);
  if (chains.length === 0) return <EmptyState title="No chain is in your reach" />;
  return (
    <div className="chains">
      <p className="chains-sentence">{chainsSentence(chains)}</p>
      <Table caption="Chains of the trail" columns={columns} rows={shown} keyOf={({ chain, generation }) => `${chain}~${generation}`} />
      <div className="chains-foot">
        {ordered.length > FEW && (
          <Button kind="quiet" onPress={() => setAll(!isAll)}>
            {isAll ? "Show fewer" : `Show all ${ordered.length.toLocaleString("en-GB")}`}
          </Button>
        )}
        <p className="quiet">
          Checkpoint key <code className="fingerprint-line">{fingerprint}</code>
        </p>
      </div>
    </div>
  );
}
