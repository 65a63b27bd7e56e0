"use client";

import Link from "next/link";
import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { Moment } from "../components/moment.tsx";
import { Refusal } from "../components/refusal.tsx";
import { EmptyState, PageHead, Panel, Skeleton } from "../components/states.tsx";
import { placeText } from "../packets/document-text.ts";
import { bytesText } from "../packets/packet-text.ts";
import { DocumentContent } from "./document-content.tsx";
import { type Kind, kindOf, mediaName, type ShownDocument, type ShownVersion } from "./document-kinds.ts";
import { SignatureTable } from "./signature-table.tsx";

/** One document: its versions, the newest first, each with its signatures, verified as they were asked for. */
export function DocumentPage({ kindId, documentId }: { readonly kindId: string; readonly documentId: string }) {
  const kind = kindOf(kindId);
  return kind === null ? null : <Known kind={kind} documentId={documentId} />;
}

function Known({ kind, documentId }: { readonly kind: Kind; readonly documentId: string }) {
  const call = useCall(kind.get, { documentId });
  return (
    <>
      <PageHead title="Document">
        <Link href={`/documents?kind=${kind.id}`}>All documents</Link>
        <Button onPress={() => window.print()}>Print with its signatures</Button>
      </PageHead>
      {call.isPending && <Skeleton lines={8} label="Loading the document" />}
      {call.data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} />}
      {call.data !== undefined && (
        <div className="document">
          {call.data.versions.map((version, at) => (
            <Version key={version.version} kind={kind} document={call.data} version={version} isCurrent={at === 0} />
          ))}
        </div>
      )}
    </>
  );
}

interface VersionProps {
  readonly kind: Kind;
  readonly document: ShownDocument;
  readonly version: ShownVersion;
  readonly isCurrent: boolean;
}

function Version({ kind, document, version, isCurrent }: VersionProps) {
  const { documentId, study, site } = document;
  const { signatures, sha256, mediaType, bytes, releasedAt, releasedByName } = version;
  return (
    <Panel id={`version-${version.version}`} title={isCurrent ? `Version ${version.version}, the current one` : `Version ${version.version}`}>
      <dl className="pairs pairs-plain">
        <dt>Document</dt>
        <dd>
          <code className="document-id">{documentId}</code>
        </dd>
        <dt>Belongs to</dt>
        <dd>
          {study}, {placeText(site)}
        </dd>
        <dt>Content</dt>
        <dd>
          {mediaName(mediaType)}, {bytesText(bytes)}
        </dd>
        <dt>SHA-256</dt>
        <dd>
          <code className="document-digest">{sha256}</code>
        </dd>
        <dt>Released</dt>
        <dd>
          <Moment at={releasedAt} /> by {releasedByName ?? "a service"}
        </dd>
      </dl>
      <DocumentContent kind={kind} document={document} version={version} isCurrent={isCurrent} />
      <p className="printed">
        The document itself isn&apos;t on this sheet. What was signed are the {bytes.toLocaleString("en-GB")} bytes of {documentId}, version {version.version}, whose SHA-256 is{" "}
        {sha256}: keep this sheet with a saved copy of them.
      </p>
      <h3 className="part-title">Signatures</h3>
      {signatures.length === 0 ? (
        <EmptyState title="Nobody has signed this version">
          {kind.type === "ectd_sequence" ? "Open it, then sign it." : "Documents of this type are read, and not signed."}
        </EmptyState>
      ) : (
        <SignatureTable documentId={documentId} signatures={signatures} />
      )}
    </Panel>
  );
}
