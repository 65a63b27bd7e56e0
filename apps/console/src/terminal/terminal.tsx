"use client";

import dynamic from "next/dynamic";
import { PageHead, Skeleton } from "../components/states.tsx";

const ConfirmTerminal = dynamic(async () => (await import("./confirm-terminal.tsx")).ConfirmTerminal, { ssr: false, loading: () => <Skeleton lines={4} label="Loading" /> });

/** Where a terminal's code is typed. */
export function Terminal() {
  return (
    <>
      <PageHead
        title="Confirm a terminal"
        lead="A command line that you started shows a code. Typing it here signs that terminal in as you, with all your rights, for as long as the session lasts."
      />
      <ConfirmTerminal />
    </>
  );
}
