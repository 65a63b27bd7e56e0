import type { ServerResponse } from "node:http";
import { failureOf, type WatchStream } from "@sallyport/api";
import { toWireError } from "@sallyport/errors";

const HEADERS = { "content-type": "application/x-ndjson", "cache-control": "private, no-store", "x-content-type-options": "nosniff" } as const;
/** A line that says nothing but that the watch is open. */
const BEAT = `${JSON.stringify({ beat: true })}\n`;
const BEAT_MS = 5000;
/** How long a taker who takes nothing has for the last line. */
const LAST_LINE_MS = 1000;

/**
 * Answers a watch as lines of JSON: `{"event":…}`, `{"beat":true}` at the opening and after five silent seconds, and, where it was cut,
 * `{"error":…}` as the last one. The next event is asked for when the one before is on its way, so nothing gathers here. Never throws.
 */
export async function sendWatch(response: ServerResponse, stream: WatchStream<unknown>, requestId: string): Promise<void> {
  if (response.destroyed || response.headersSent) {
    await stream.return();
    return;
  }
  response.once("close", () => void stream.return());
  response.writeHead(200, { ...HEADERS, "x-request-id": requestId });
  response.write(BEAT);
  const beats = setInterval(() => {
    if (!response.writableNeedDrain) response.write(BEAT);
  }, BEAT_MS);
  try {
    for (;;) {
      const { done, value } = await stream.next();
      if (done === true) break;
      beats.refresh();
      if (!response.write(`${JSON.stringify({ event: value })}\n`)) await drained(response, stream.signal);
    }
    end(response, "");
  } catch (error) {
    end(response, `${JSON.stringify({ error: toWireError(failureOf(error).code, requestId) })}\n`);
  } finally {
    clearInterval(beats);
    await stream.return();
  }
}

/** Ends the answer; a taker who doesn't take the rest is cut off. */
function end(response: ServerResponse, lastLine: string): void {
  if (response.destroyed) return;
  response.end(lastLine);
  const cut = setTimeout(() => response.destroy(), LAST_LINE_MS);
  cut.unref();
  response.once("close", () => clearTimeout(cut));
}

/** Waits until what was written is on its way, or the watch has ended. */
const drained = (response: ServerResponse, ended: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (ended.aborted || response.destroyed) {
      resolve();
      return;
    }
    const go = (): void => {
      response.off("drain", go);
      response.off("close", go);
      ended.removeEventListener("abort", go);
      resolve();
    };
    response.once("drain", go);
    response.once("close", go);
    ended.addEventListener("abort", go, { once: true });
  });
