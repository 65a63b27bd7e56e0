import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ZERO_MAC } from "@sallyport/audit";
import type { KeyContext } from "@sallyport/custody";
import { migratedDatabase } from "@sallyport/db/testing";
import { faultTest } from "@sallyport/testkit";
import { expect, onTestFinished } from "vitest";
import { draftOf } from "../test/memory-trail.ts";
import { clientOf, launch } from "../test/processes.ts";
import { newHome } from "../test/running.ts";

const UNFENCED = fileURLToPath(new URL("../test/unfenced.mjs", import.meta.url));
const STANDBY = { SALLYPORT_STANDBY: "on" };

faultTest(
  "A5",
  "a custodian that was stopped, and taken over from, does nothing any more when it goes on: what it was asked meanwhile has no answer, and it ends",
  async (defence) => {
    const database = await migratedDatabase();
    onTestFinished(() => database.drop());
    const home = newHome();
    const first = await launch(home, database.custodianUrl, { ...STANDBY, SALLYPORT_TEST_DATABASE_URL: database.custodianUrl }, defence === "on" ? undefined : UNFENCED);
    const old = await clientOf(first);
    const context: KeyContext = { purpose: "subject", id: "sub_1", study: "S", site: "701" };
    const [key] = await old.wrap([context], 5000);

    const second = await launch(home, database.custodianUrl, STANDBY);
    expect(second.ready).toEqual({ type: "standby", state: "waiting", code: null });
    first.child.kill("SIGSTOP");
    expect(await second.says("taking")).toEqual({ type: "taking" });
    const ready = await second.says("ready");
    expect(ready["deployment"]).toBe(first.ready["deployment"]);
    const present = await clientOf({ ...second, ready });
    expect((await present.status({}, 5000)).epoch).toBe(2);

    // Asked while it can't do anything; it finds them when it goes on.
    const head = { chain: "system", generation: 1, seq: 0, mac: ZERO_MAC };
    const asked = [
      old.seal([{ head, drafts: [draftOf("system", 1)] }], 20_000),
      old.wrap([context], 20_000),
      old.unwrap([{ context, wrapped: key?.wrapped ?? "" }], 20_000),
      old.sign({ kind: "checkpoint", chains: ["system"] }, 20_000),
      old.approve({ kind: "founding", secret: "s".repeat(43) }, 20_000),
      old.status({}, 20_000),
    ].map((answer: Promise<unknown>) =>
      answer.then(
        () => "answered",
        () => "none",
      ),
    );
    const end = once(first.child, "exit");
    first.child.kill("SIGCONT");
    expect(await Promise.all(asked)).toEqual(asked.map(() => "none"));
    expect(await end).toEqual([1, null]);
    expect(first.stderr()).toContain('"event":"custodian.fenced","code":"custodian.fenced"');
    expect((await present.seal([{ head, drafts: [draftOf("system", 1)] }], 5000))[0]?.macs.length).toBe(1);
  },
  90_000,
);
