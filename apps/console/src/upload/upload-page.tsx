"use client";

import dynamic from "next/dynamic";
import Link from "next/link";
import { EmptyState, PageHead, Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { ChooseFiles } from "./choose-files.tsx";
import { useUpload } from "./use-upload.ts";

const SendingPanel = dynamic(async () => (await import("./sending-panel.tsx")).SendingPanel, { ssr: false, loading: () => <Skeleton lines={5} label="Beginning to send" /> });

/** What was begun before is looked for once the page stands. */
const UnfinishedPanel = dynamic(async () => (await import("./unfinished-panel.tsx")).UnfinishedPanel, { ssr: false });

/** Bringing a packet in: its files go into quarantine, and whoever brings them sees nothing of them again. */
export function UploadPage() {
  const me = useMe();
  const mayUpload = useMay("packet.upload");
  const { run, start, clear } = useUpload();
  return (
    <div className="upload">
      <PageHead title="Bring a packet in" lead="Its files are sealed as they arrive and wait in quarantine. Somebody else looks at them and releases them.">
        <Link href="/packets">All packets</Link>
      </PageHead>
      {me.isPending && <Skeleton lines={5} label="Loading your rights" />}
      {me.isSuccess && !mayUpload && (
        <EmptyState title="Your roles bring no packets in">
          A site's coordinator does, for the sites that they are assigned to. Ask a security administrator for that role.
        </EmptyState>
      )}
      {mayUpload && run === null && (
        <>
          <ChooseFiles onStart={(study, files, documents) => start(study, files, null, documents)} />
          <UnfinishedPanel onGoOn={(unfinished, files) => start(unfinished.study, files, unfinished)} />
        </>
      )}
      {run !== null && <SendingPanel run={run} onAgain={clear} />}
    </div>
  );
}
