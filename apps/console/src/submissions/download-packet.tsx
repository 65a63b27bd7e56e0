"use client";

import { useEffect, useRef, useState } from "react";
import { Button } from "../components/button.tsx";
import { Dialog, DialogBody, DialogFoot } from "../components/dialog.tsx";
import { Refusal } from "../components/refusal.tsx";
import { saveFile } from "../components/save-file.ts";
import { useTell } from "../frame/notices.tsx";
import { WireFailure } from "../api/wire-failure.ts";
import { bytesText } from "../packets/packet-text.ts";
import { fetchPacket } from "./fetch-packet.ts";
import type { SealedPacket } from "./submission-text.ts";

/** Hands out the sealed bytes of a submitted packet, once they were compared with what is on record. */
export function DownloadPacket({ packet: { packetId, recipientName, sealed }, onClose }: { readonly packet: SealedPacket; readonly onClose: () => void }) {
  const tell = useTell();
  const [bytes, setBytes] = useState<number | null>(null);
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const running = useRef<AbortController | null>(null);
  // Each piece is on record: nothing more is fetched once nobody waits for it.
  useEffect(() => () => running.current?.abort(), []);
  const go = async () => {
    const own = new AbortController();
    running.current = own;
    setFailure(null);
    setBytes(0);
    try {
      const file = await fetchPacket(packetId, { onBytes: setBytes, signal: own.signal });
      if (own.signal.aborted) return;
      saveFile(file, `${packetId}.age`);
      tell({ tone: "done", text: "Fetched, and what was sealed." });
      onClose();
    } catch (error) {
      setFailure(error instanceof WireFailure ? error : new WireFailure("packet.fetched"));
      setBytes(null);
    }
  };
  return (
    <Dialog title="Download the sealed packet" isOpen onClose={onClose}>
      <DialogBody>
        <p>
          It opens with the key of {recipientName} alone. Each piece that is handed out is on record. They open it with{" "}
          <code>age --decrypt -i KEY -o packet.tar {packetId}.age</code>, and verify it with the verifier of the public page.
        </p>
        {sealed !== null && (
          <dl className="pairs pairs-plain">
            <dt>Length</dt>
            <dd>{bytesText(sealed.length)}</dd>
            <dt>SHA-256</dt>
            <dd>
              <code className="document-digest">{sealed.sha256}</code>
            </dd>
          </dl>
        )}
        {bytes !== null && <output className="quiet">{bytesText(bytes)} fetched</output>}
        {failure !== null && <Refusal failure={failure} isInline />}
      </DialogBody>
      <DialogFoot>
        <Button kind="quiet" onPress={onClose}>
          Cancel
        </Button>
        <Button kind="primary" onPress={() => void go()} isPending={bytes !== null}>
          Download
        </Button>
      </DialogFoot>
    </Dialog>
  );
}
