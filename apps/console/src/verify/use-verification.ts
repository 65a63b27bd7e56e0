"use client";

import type { JoinRequest, VerifyAnswer, VerifyRequest } from "@sallyport/verifier";
import { useEffect, useRef, useState } from "react";
import { UploadSpeed } from "../upload/upload-speed.ts";
import type { ChosenFolder } from "./chosen-bundles.ts";
import { WORKER_FILE } from "./verifier-paths.ts";

/** How far the verification of one bundle is. `perSecond` is in bytes. */
export type Verification = { readonly path: string; readonly isTogether?: true } & (
  | { readonly phase: "waiting" }
  | { readonly phase: "reading"; readonly bytes: number; readonly ofBytes: number; readonly perSecond: number | null }
  | { readonly phase: "done"; readonly verdict: Extract<VerifyAnswer, { kind: "verdict" }>["verdict"] }
  | { readonly phase: "refused" }
);

type Verdict = Extract<VerifyAnswer, { kind: "verdict" }>["verdict"];

/** Bundles of one chain are one trail, or should be: what was archived, and what is left. Those of several chains have nothing to do with each other. */
function ofOneChain(verdicts: readonly Verdict[]): boolean {
  const chains = new Set(verdicts.map(({ chain }) => chain));
  return verdicts.length > 1 && chains.size === 1 && verdicts.every(({ generations }) => generations.length > 0);
}

/** Asks a worker for one bundle; it tells how far it is. */
async function inWorker(
  worker: Worker,
  request: VerifyRequest | JoinRequest,
  tell: (answer: Extract<VerifyAnswer, { kind: "progress" }>) => void,
): Promise<Exclude<VerifyAnswer, { kind: "progress" }>> {
  return await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<VerifyAnswer>) => {
      if (data.kind === "progress") tell(data);
      else resolve(data);
    };
    worker.onerror = () => reject(new Error("the worker ended"));
    worker.postMessage(request);
  });
}

/** Verifies bundles one after another, in a worker that ends with them, or with the page. */
export function useVerification() {
  const [all, setAll] = useState<readonly Verification[]>([]);
  const running = useRef<Worker | null>(null);
  const stop = (): void => {
    running.current?.terminate();
    running.current = null;
  };
  useEffect(() => stop, []);

  async function run(folders: readonly ChosenFolder[], { fingerprint, witness }: Pick<VerifyRequest, "fingerprint" | "witness">): Promise<void> {
    stop();
    const worker = new Worker(WORKER_FILE);
    running.current = worker;
    const put = (at: number, next: Verification): void => {
      if (running.current === worker) setAll((before) => before.map((each, index) => (index === at ? next : each)));
    };
    setAll(folders.map(({ path }) => ({ path, phase: "waiting" })));
    const verdicts: Verdict[] = [];
    for (const [at, { path, files }] of folders.entries()) {
      const speed = new UploadSpeed();
      try {
        const answer = await inWorker(worker, { files, fingerprint, witness }, ({ bytes, ofBytes }) => {
          speed.note(performance.now(), bytes);
          put(at, { path, phase: "reading", bytes, ofBytes, perSecond: speed.perSecond });
        });
        if (answer.kind === "verdict") verdicts.push(answer.verdict);
        put(at, answer.kind === "verdict" ? { path, phase: "done", verdict: answer.verdict } : { path, phase: "refused" });
      } catch {
        put(at, { path, phase: "refused" });
      }
    }
    if (ofOneChain(verdicts)) {
      const answer = await inWorker(worker, { verdicts }, () => undefined).catch(() => null);
      if (answer?.kind === "verdict" && running.current === worker) setAll((before) => [{ path: "Together", isTogether: true, phase: "done", verdict: answer.verdict }, ...before]);
    }
    if (running.current === worker) stop();
  }

  return {
    all,
    run,
    clear: () => {
      stop();
      setAll([]);
    },
  };
}
