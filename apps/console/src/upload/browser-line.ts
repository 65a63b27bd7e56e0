import { sendCall, sendPart } from "../api/send.ts";
import type { UploadLine } from "./upload-run.ts";

/** The console, as this page reaches it. */
export const browserLine: UploadLine = {
  call: sendCall,
  part: sendPart,
  now: () => performance.now(),
  pause: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};
