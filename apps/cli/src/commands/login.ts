import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hostStatus } from "@sallyport/app-host";
import { type TerminalDesk, terminalDesk, type TerminalSession } from "@sallyport/client";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { profileFolder } from "../profile.ts";
import { TERMINAL, writeSession } from "../session-file.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport login`: a session of one's own at this terminal, confirmed at the console. */
export const login: Command = {
  usage: "[--as terminal] login",
  help: [
    "Shows a code. Type it at the console, under /terminal, where you are signed in; then this terminal is signed in as you, until",
    "sallyport logout, fifteen minutes without a call, or twelve hours. Calls with --as me are yours, and on record as such.",
  ].join("\n"),
  options: {},
  takes: [0, 0],
  run: async (invocation) => {
    const { profile = TERMINAL, settings, io } = invocation;
    if (profile !== TERMINAL) throw new UsageError(`people sign in with the profile ${TERMINAL}`);
    const folder = profileFolder(settings.home, TERMINAL);
    if (!existsSync(folder)) throw new UsageError(`there is no profile ${TERMINAL} in ${settings.home}: start Sallyport first`);
    const desk = terminalDesk({ profile: folder });
    try {
      const { deviceCode, userCode, intervalSeconds } = await desk.begin();
      // On standard error: with --json, standard output is one document.
      io.err(`Sign in at ${await consoleOf(settings.home)}/terminal and enter ${plainText(userCode)}\n`);
      const session = await granted(desk, deviceCode, intervalSeconds);
      writeSession(settings.home, session);
      const { personId, printedName, sessionId, endsAt } = session;
      report(invocation, plainJson({ personId, printedName, sessionId, endsAt }), [`signed in as ${plainText(printedName)}, until ${plainText(endsAt)} at the latest`]);
      return EXIT.done;
    } finally {
      await desk.close();
    }
  },
};

/** Waits for the person, as long as the code lasts. @throws SallyportClientError `session.ended` where they refused. */
async function granted(desk: TerminalDesk, deviceCode: string, intervalSeconds: number): Promise<TerminalSession> {
  for (;;) {
    const session = await desk.poll(deviceCode);
    if (session !== null) return session;
    await sleep(intervalSeconds * 1000);
  }
}

/** Where this machine's console is, if a supervisor runs here. */
async function consoleOf(home: string): Promise<string> {
  try {
    return (await hostStatus(home)).console;
  } catch {
    return "the console";
  }
}
