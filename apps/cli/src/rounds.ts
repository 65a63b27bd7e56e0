import { setTimeout as sleep } from "node:timers/promises";
import { plainJson } from "@sallyport/errors";
import type { Invocation } from "./command.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { failureDocument, failureLines } from "./failure-text.ts";
import { UsageError } from "./usage-error.ts";

/** What is done again and again. */
export interface Rounds {
  readonly everyMs: number;
  readonly isOnce: boolean;
  /** One time; what it throws is told, and the next one comes all the same. */
  readonly round: (signal: AbortSignal) => Promise<ExitCode>;
}

/** Works round after round, or one alone, until SIGTERM or Ctrl-C, at which it ends well. What one round alone fails with is thrown. */
export async function rounds({ io, isJson }: Invocation, { everyMs, isOnce, round }: Rounds): Promise<ExitCode> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  try {
    while (!stop.signal.aborted) {
      let code: ExitCode = EXIT.done;
      try {
        code = await round(stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return EXIT.done;
        if (isOnce || error instanceof UsageError) throw error;
        io.err(isJson ? `${plainJson(failureDocument(error))}\n` : `${failureLines(error).join("\n")}\n`);
      }
      if (isOnce) return code;
      await sleep(everyMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
    return EXIT.done;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, end);
  }
}

const EVERY_MIN_S = 5;
const EVERY_MAX_S = 86_400;

/** `--every`, in milliseconds. @throws UsageError for what is no whole number of seconds from 5 to a day. */
export function everyMs(text: string | undefined, otherwiseS: number): number {
  const every = Number(text ?? otherwiseS);
  if (!Number.isInteger(every) || every < EVERY_MIN_S || every > EVERY_MAX_S) throw new UsageError(`--every takes whole seconds, from ${EVERY_MIN_S} to ${EVERY_MAX_S}`);
  return every * 1000;
}
