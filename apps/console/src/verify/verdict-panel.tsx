"use client";

import { Button } from "../components/button.tsx";
import { Lamp } from "../components/lamp.tsx";
import { saveFile } from "../components/save-file.ts";
import { Panel } from "../components/states.tsx";
import { type Column, Table } from "../components/table.tsx";
import { bytesText, counted } from "../packets/packet-text.ts";
import type { Verification } from "./use-verification.ts";
import { type Receipt, sentenceOf, type Verdict } from "./verdict-sentence.ts";

/** What was signed, by whom, and what it says. */
function Signed({ signature }: { readonly signature: NonNullable<Receipt["signature"]> }) {
  const { printedName, meaning, document, version, sha256, study, site } = signature.manifest;
  return (
    <dl className="pairs">
      <dt>Signed by</dt>
      <dd>{printedName}</dd>
      <dt>It says</dt>
      <dd>{meaning}</dd>
      <dt>When</dt>
      <dd>
        <time dateTime={signature.signedAt}>{signature.signedAt}</time>
      </dd>
      <dt>Document</dt>
      <dd>
        <code>{document}</code>, version {version}, of {study}
        {site === null ? "" : `, site ${site}`}
      </dd>
      <dt>SHA-256 of its bytes</dt>
      <dd>
        <code className="verdict-key">{sha256}</code>
      </dd>
    </dl>
  );
}

function Facts({ verdict: { chain, deployment, records, checkpoints, asOf, fingerprint, generations, manifest } }: { readonly verdict: Verdict }) {
  return (
    <dl className="pairs">
      <dt>Chain</dt>
      <dd>{chain === "" ? "Not known" : chain}</dd>
      <dt>Deployment</dt>
      <dd>{deployment === "" ? "Not known" : deployment}</dd>
      <dt>Up to</dt>
      <dd>{asOf === null ? "Not known" : <time dateTime={asOf}>{asOf}</time>}</dd>
      <dt>Holds</dt>
      <dd className="numeral">
        {counted(records, "record")}, {counted(checkpoints, "checkpoint")}
      </dd>
      {generations.length > 1 && (
        <>
          <dt>Generations</dt>
          <dd className="numeral">{generations.map(({ generation }) => generation).join(", ")}</dd>
        </>
      )}
      {manifest !== null && (
        <>
          <dt>SHA-256 of manifest.json</dt>
          <dd>
            <code className="verdict-key">{manifest}</code>
          </dd>
        </>
      )}
      <dt>Signed with</dt>
      <dd>{fingerprint === null ? "No key" : <code className="verdict-key">{fingerprint}</code>}</dd>
    </dl>
  );
}

/** A break and which of them it is: two may read alike. */
type NumberedBreak = Verdict["breaks"][number] & { readonly n: number };

const BREAK_COLUMNS: readonly Column<NumberedBreak>[] = [
  { key: "kind", title: "Kind", isHeader: true, cell: ({ kind }) => kind },
  { key: "where", title: "Where", cell: ({ generation, seq }) => (generation === 0 ? "the export as a whole" : `generation ${generation}, record ${seq}`) },
  { key: "why", title: "Why", cell: ({ why }) => why },
];

function Sentences({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <div>
      <h3 className="eyebrow">{title}</h3>
      <ul className="verdict-lines">
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

function Progress({ of }: { readonly of: Extract<Verification, { phase: "waiting" | "reading" }> }) {
  if (of.phase === "waiting") return <output className="quiet">Waits for its turn</output>;
  const share = of.ofBytes === 0 ? 0 : Math.floor((of.bytes / of.ofBytes) * 100);
  return (
    <div className="verdict-progress">
      <progress className="progress" aria-label="How much has been read" max={of.ofBytes} value={of.bytes} />
      <span className="quiet numeral">
        {share} %{of.perSecond !== null && `, ${bytesText(of.perSecond)}/s`}
      </span>
    </div>
  );
}

/** One bundle: how far its verification is, or what came of it. */
export function VerdictPanel({ of, n }: { readonly of: Verification; readonly n: number }) {
  const id = `bundle-${n}`;
  const title = of.isTogether === true ? "All of them together, as one trail" : of.path === "" ? "The files that you chose" : of.path;
  if (of.phase === "waiting" || of.phase === "reading") {
    return (
      <Panel id={id} title={title}>
        <Progress of={of} />
      </Panel>
    );
  }
  if (of.phase === "refused") {
    return (
      <Panel id={id} title={title}>
        <p className="verdict-head">
          <Lamp look="dark" size={18} /> <strong>This is no export that can be read</strong>
        </p>
        <p>
          Nothing was changed. Choose the folder that holds statement.note, with all that is in it; if it came as an archive, unpack it first. A receipt, an excerpt or a record's
          proof is one file.
        </p>
      </Panel>
    );
  }
  const { verdict } = of;
  const { look, title: said, what } = sentenceOf(verdict);
  const save = (): void => saveFile(new Blob([`${JSON.stringify(verdict, null, 2)}\n`], { type: "application/json" }), "verdict.json");
  return (
    <Panel id={id} title={title} acts={<Button onPress={save}>Save the verdict</Button>}>
      <p className="verdict-head">
        <Lamp look={look} size={18} /> <strong>{said}</strong>
      </p>
      <p>{what}</p>
      {verdict.breaks.length > 0 && (
        <Table isLong caption="What is broken" columns={BREAK_COLUMNS} rows={verdict.breaks.map((found, n): NumberedBreak => ({ ...found, n }))} keyOf={({ n }) => String(n)} />
      )}
      {"signature" in verdict && verdict.signature !== null && <Signed signature={verdict.signature} />}
      <Facts verdict={verdict} />
      <Sentences title="This proves" lines={verdict.proves} />
      <Sentences title="This doesn't prove" lines={verdict.doesNotProve} />
    </Panel>
  );
}
