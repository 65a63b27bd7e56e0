"use client";

import { useState } from "react";
import type { InputOf } from "../api/procedures.ts";
import { sendCall } from "../api/send.ts";
import { toFailure, type WireFailure } from "../api/wire-failure.ts";
import { Button } from "../components/button.tsx";
import { Refusal } from "../components/refusal.tsx";
import { saveFile } from "../components/save-file.ts";

type CsvPath = "policy.whoCan" | "policy.whatCan" | "policy.proposal";

/** Exports an answer as the api writes it, whole. */
export function CsvButton<P extends CsvPath>({ path, input, name }: { readonly path: P; readonly input: InputOf<P>; readonly name: string }) {
  const [isRunning, setRunning] = useState(false);
  const [failure, setFailure] = useState<WireFailure | null>(null);
  const run = async (): Promise<void> => {
    setRunning(true);
    setFailure(null);
    try {
      const { csv } = await sendCall<CsvPath>(path, input);
      if (csv !== null) saveFile(new Blob([csv], { type: "text/csv;charset=utf-8" }), `${name}.csv`);
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      setRunning(false);
    }
  };
  return (
    <>
      <Button isPending={isRunning} onPress={() => void run()}>
        Export as CSV
      </Button>
      {failure !== null && <Refusal failure={failure} isInline />}
    </>
  );
}
