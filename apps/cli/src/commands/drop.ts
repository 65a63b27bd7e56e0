import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { lockHome } from "@sallyport/app-host";
import { catalog, plainJson, SallyportError } from "@sallyport/errors";
import { type SftpOptions, SftpServer } from "@sallyport/outbound/sftp";
import ssh2 from "ssh2";
import { type Command, type Invocation, optionText } from "../command.ts";
import { DropState } from "../drop/drop-state.ts";
import { dropRound, type Fate } from "../drop/drop-round.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { everyMs, rounds } from "../rounds.ts";
import { UsageError } from "../usage-error.ts";

const EVERY_S = 60;
const SSH_PORT = 22;
const STUDY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** `sallyport drop`: deliveries from a site's SFTP server, into quarantine. */
export const drop: Command = {
  usage: "--as PROFILE drop --server HOST[:PORT] --user USER --folder PATH --key FILE --host-key SHA256:… --study ID [--every SECONDS] [--once] [--state DIR]",
  help: [
    "Looks into a folder of a site's SFTP server every minute (or --every SECONDS), and uploads each delivery as one packet: a folder NAME",
    "with 1 to 20 files, beside which the marker NAME.ready stands. What became of it is left there: the folder moves to accepted/ or refused/,",
    "with NAME.receipt.json or NAME.refusal.json beside it. The server is known by its host key's fingerprint, as ssh-keygen -l shows it, and",
    "is given the one key, whose file is this user's alone (chmod 600) and has no passphrase. --state is the folder that remembers what is under",
    "way; it holds no data. With --once it looks once: 0 where nothing stands in the way. It ends with SIGTERM or Ctrl-C, at any step.",
  ].join("\n"),
  options: {
    server: { type: "string" },
    user: { type: "string" },
    folder: { type: "string" },
    key: { type: "string" },
    "host-key": { type: "string" },
    study: { type: "string" },
    every: { type: "string" },
    once: { type: "boolean" },
    state: { type: "string" },
  },
  takes: [0, 0],
  run: async (invocation) => {
    const plan = planOf(invocation);
    const state = new DropState(plan.stateFolder);
    const unlock = await lockHome(join(plan.stateFolder, "drop.lock"), "--state");
    const round = async (signal: AbortSignal): Promise<ExitCode> => {
      const fates = await oneRound(invocation, plan, state, signal);
      for (const fate of fates) tellFate(invocation, fate);
      return fates.some(({ became }) => became === "failed") ? EXIT.failed : EXIT.done;
    };
    try {
      return await rounds(invocation, { everyMs: plan.everyMs, isOnce: plan.isOnce, round });
    } finally {
      unlock();
    }
  },
};

interface Plan {
  readonly sftp: SftpOptions;
  readonly root: string;
  readonly study: string;
  readonly everyMs: number;
  readonly isOnce: boolean;
  readonly stateFolder: string;
}

async function oneRound(invocation: Invocation, { sftp, root, study }: Plan, state: DropState, signal: AbortSignal): Promise<readonly Fate[]> {
  const server = await SftpServer.connect(sftp);
  try {
    return await asProfile(invocation, async (connection) => await dropRound({ server, connection, state, study, root, signal, tell: () => undefined }));
  } finally {
    server.close();
  }
}

const SHOWN_OF_ID = 12;

/** A line a delivery, by its id: its name may say whose data it holds. */
function tellFate({ io, isJson }: Invocation, { id, became, code, packetId, where }: Fate): void {
  if (isJson) {
    io.out(`${plainJson({ delivery: id, became, code, packetId, where })}\n`);
    return;
  }
  const said = code === null ? (became === "waiting" ? ": its marker is there and its folder isn't" : "") : `: ${catalog[code].message} [${code}]`;
  io.out(`delivery ${id.slice(0, SHOWN_OF_ID)} ${became}${packetId === null ? "" : ` as packet ${packetId}`}${said}\n`);
  for (const place of where) io.out(`  at ${place}\n`);
}

function planOf(invocation: Invocation): Plan {
  const { settings, options } = invocation;
  const said = (name: string): string => {
    const text = optionText(invocation, name);
    if (text === undefined || text === "") throw new UsageError(`--${name} is missing. usage: sallyport ${drop.usage}`);
    return text;
  };
  const [, host = "", port = String(SSH_PORT)] = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(said("server")) ?? [];
  if (host === "" || Number(port) < 1 || Number(port) > 65_535) throw new UsageError("--server takes HOST or HOST:PORT");
  const hostKey = said("host-key");
  if (!FINGERPRINT.test(hostKey)) throw new UsageError("--host-key takes the fingerprint as ssh-keygen -l shows it: SHA256: and 43 characters");
  const study = said("study");
  if (!STUDY.test(study)) throw new UsageError("--study takes a study's id");
  const root = said("folder").replace(/\/+$/, "");
  if (root === "") throw new UsageError("--folder takes a folder of the server's that is not its root");
  const user = said("user");
  const place = createHash("sha256")
    .update(JSON.stringify([host, port, user, root, study]))
    .digest("hex");
  const stateFolder = optionText(invocation, "state");
  return {
    sftp: { host: host.replace(/^\[|\]$/g, ""), port: Number(port), user, key: ownKey(resolve(settings.workingDir, said("key"))), hostKey },
    root,
    study,
    everyMs: everyMs(optionText(invocation, "every"), EVERY_S),
    isOnce: options["once"] === true,
    stateFolder: stateFolder === undefined ? join(settings.home, "drop", place.slice(0, 16)) : resolve(settings.workingDir, stateFolder),
  };
}

/** @throws SallyportError `secret.missing` for a file that can't be read or holds no such key, `secret.exposed` for one that others can read. */
function ownKey(file: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY);
  } catch (error) {
    throw new SallyportError("secret.missing", { file }, error);
  }
  try {
    const { mode, uid } = fstatSync(descriptor);
    const self = process.geteuid?.();
    if ((mode & 0o077) !== 0 || (self !== undefined && self !== 0 && uid !== self)) throw new SallyportError("secret.exposed", { file });
    const bytes = readFileSync(descriptor);
    const parsed = ssh2.utils.parseKey(bytes);
    if (parsed instanceof Error) throw new SallyportError("secret.missing", { file, reason: "not a private key without a passphrase" });
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}
