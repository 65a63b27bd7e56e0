import type { SessionState } from "@sallyport/people";
import { expect, test } from "vitest";
import { SessionDesk } from "./session-desk.ts";

const LIVE: SessionState = {
  id: "ses_1",
  person: "per_1",
  principal: "prn_1",
  via: "console",
  workload: "spiffe://d/console",
  method: "passkey",
  startedMs: 0,
  lastSeenMs: 0,
  endsMs: 1000,
  ended: null,
  tokens: ["jti_1"],
};

test("a session that has ended isn't live again by a look that began before its end", async () => {
  let epoch = 1n;
  let sessions: readonly SessionState[] = [];
  let found: (session: SessionState) => void = () => undefined;
  const desk = new SessionDesk(
    {
      epoch: () => Promise.resolve(epoch),
      snapshot: () => Promise.resolve({ epoch, sessions }),
      byToken: () => new Promise((answer) => (found = answer)),
      seen: () => Promise.resolve(),
    },
    { now: () => 1 },
  );
  await desk.refresh();
  const looked = desk.require("jti_1", true);
  [epoch, sessions] = [2n, [{ ...LIVE, ended: "signed_out" }]];
  await desk.refresh();
  found(LIVE);
  await expect(looked).rejects.toThrow(expect.objectContaining({ code: "session.ended" }));
  await expect(desk.require("jti_1", true)).rejects.toThrow(expect.objectContaining({ code: "session.ended" }));
});
