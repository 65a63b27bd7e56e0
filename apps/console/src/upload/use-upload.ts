"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { liveSession } from "../api/live-session.ts";
import { browserLine } from "./browser-line.ts";
import type { Unfinished } from "./chosen-files.ts";
import type { DeclaredDocument } from "./document-choice.ts";
import { UploadRun } from "./upload-run.ts";

const noSubscription = () => () => undefined;
const never = (): number => 0;

/** The upload of this page: one at a time. It ends with the session or the page; the browser asks before a page that sends is left. */
export function useUpload() {
  const client = useQueryClient();
  const [run, setRun] = useState<UploadRun | null>(null);
  useSyncExternalStore(run?.subscribe ?? noSubscription, run?.version ?? never, never);

  useEffect(() => {
    if (run === null) return undefined;
    const asks = (event: BeforeUnloadEvent) => {
      if (run.isUnderWay && liveSession.facts !== null) event.preventDefault();
    };
    const stopSession = liveSession.onEnd(() => run.leave());
    addEventListener("beforeunload", asks);
    return () => {
      stopSession();
      removeEventListener("beforeunload", asks);
      run.leave();
    };
  }, [run]);

  return {
    run,
    /** Begins with these files, or goes on with an upload that was begun. */
    start: (study: string, files: readonly File[], unfinished: Unfinished | null = null, documents: readonly (DeclaredDocument | null)[] = []) => {
      const next = new UploadRun(study, files, browserLine, unfinished, documents);
      setRun(next);
      void next.run().then(() => client.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === "string" && path.startsWith("packets.") }));
    },
    clear: () => setRun(null),
  };
}
