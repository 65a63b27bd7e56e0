import { liveSession } from "../api/live-session.ts";
import { sendStep } from "../api/send.ts";
import { coverPage } from "./leave.ts";
import { tellTabs } from "./tab-line.ts";

/** A console that doesn't answer keeps nobody on a covered page for longer. */
const WAIT_MS = 5000;

/**
 * Ends this page's session: covered at once, ended at the api, and only then told to the tabs. This page hears that too and leaves, and a
 * page that leaves before its request was answered would leave the session and its cookie behind.
 */
export async function closeSession(why: "out" | "idle" | "expired"): Promise<void> {
  coverPage();
  const sessionId = liveSession.facts?.sessionId;
  if (sessionId === undefined) return;
  liveSession.closing(why);
  const waited = new Promise<void>((resolve) => setTimeout(resolve, WAIT_MS));
  await Promise.race([sendStep("end").catch(() => undefined), waited]);
  tellTabs({ kind: "ended", sessionId, why });
  liveSession.end(why);
}
