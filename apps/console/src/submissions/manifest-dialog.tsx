"use client";

import { useCall } from "../api/use-call.ts";
import { Button } from "../components/button.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Refusal } from "../components/refusal.tsx";
import { Skeleton } from "../components/states.tsx";
import { bytesText } from "../packets/packet-text.ts";

interface ListedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The files of a manifest's text; none where it can't be read. */
function filesOf(manifest: string): readonly ListedFile[] {
  try {
    return (JSON.parse(manifest) as { readonly files: readonly ListedFile[] }).files;
  } catch {
    return [];
  }
}

/** The manifest of a packet: each file, and the exact text that is approved and signed. */
export function ManifestDialog({ packetId, onClose }: { readonly packetId: string; readonly onClose: () => void }) {
  const call = useCall("submissions.packet", { packetId });
  const { data } = call;
  return (
    <Dialog title="Manifest" isOpen shape="drawer" onClose={onClose}>
      <DialogBody>
        {call.isPending && <Skeleton lines={8} label="Loading the manifest" />}
        {data === undefined && call.error !== null && <Refusal failure={call.error} onRetry={() => void call.refetch()} isInline />}
        {data !== undefined && (
          <>
            <dl className="pairs pairs-plain">
              <dt>Packet</dt>
              <dd>
                <code className="document-id">{packetId}</code>
              </dd>
              <dt>For</dt>
              <dd>{data.recipientName}</dd>
              <dt>SHA-256</dt>
              <dd>
                <code className="document-digest">{data.digest}</code>
              </dd>
              {data.sealed !== null && (
                <>
                  <dt>Sealed</dt>
                  <dd>
                    {bytesText(data.sealed.length)}, <code className="document-digest">{data.sealed.sha256}</code>
                  </dd>
                </>
              )}
            </dl>
            <p className="part-title">Files</p>
            <ul className="placed-list">
              {filesOf(data.manifest).map(({ path, bytes, sha256 }) => (
                <li key={path}>
                  <span>
                    <code className="document-id">{path}</code>
                    <span className="row-under">
                      {bytesText(bytes)}, SHA-256 <code title={sha256}>{sha256.slice(0, 16)}…</code>
                    </span>
                  </span>
                </li>
              ))}
            </ul>
            <p className="part-title">The exact text that is approved and signed</p>
            <pre className="manifest">{data.manifest}</pre>
            <div className="form-acts">
              <CopyButton text={data.manifest} label="Copy the manifest" />
            </div>
          </>
        )}
      </DialogBody>
      <DialogFoot>
        <Button onPress={onClose}>Close</Button>
      </DialogFoot>
    </Dialog>
  );
}
