import { connect } from "@sallyport/client";
import { dropRound, DropState } from "@sallyport/app-cli/drop";
import { type SftpOptions, SftpServer } from "@sallyport/outbound/sftp";

/** A round of the drop that ends itself, as kill -9 does, right after a step. */
export interface KilledRound {
  readonly profile: string;
  readonly sftp: Omit<SftpOptions, "key"> & { readonly key: string };
  readonly state: string;
  readonly study: string;
  readonly root: string;
  readonly killAfter: string;
}

const plan = JSON.parse(process.argv[2] ?? "") as KilledRound;
const server = await SftpServer.connect({ ...plan.sftp, key: Buffer.from(plan.sftp.key) });
const connection = connect({ profile: plan.profile });
await dropRound({
  server,
  connection,
  state: new DropState(plan.state),
  study: plan.study,
  root: plan.root,
  signal: new AbortController().signal,
  tell: (_, step) => {
    if (step === plan.killAfter) process.kill(process.pid, "SIGKILL");
  },
});
process.exitCode = 3;
process.exit();
