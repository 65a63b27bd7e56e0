// The egress process, which ends itself, as kill -9 does, right after a step.
import { Egress } from "@sallyport/app-egress";
import { connect } from "@sallyport/client";
import { portalOf } from "@sallyport/delivery";

const { connection, plan, killAfter } = JSON.parse(process.argv[2] ?? "");
const egress = new Egress({
  connection: connect(connection),
  portalOf: (settings) => portalOf(plan, settings),
  tell: (_, step) => {
    if (step === killAfter) process.kill(process.pid, "SIGKILL");
  },
  log: () => undefined,
});
while (await egress.step());
process.exit(3);
