import { statusDesk } from "../../src/process-desk.ts";
import { StatusBoard } from "../../src/status/status-board.tsx";
import type { StatusAnswer } from "../../src/status/status-answer.ts";

/** How long the first page waits for the api; after that it comes without an answer, and asks from the browser. */
const WAIT_MS = 250;

const late = () => new Promise<null>((resolve) => setTimeout(resolve, WAIT_MS, null));

/** The public status page. */
export default async function StatusPage() {
  const initial: StatusAnswer | null = await Promise.race([statusDesk().read(), late()]);
  return (
    <>
      <StatusBoard initial={initial} />
      <noscript>
        <p className="panel">Without scripts this page shows the state at the time when it was loaded. Load it again for a newer one.</p>
      </noscript>
    </>
  );
}
