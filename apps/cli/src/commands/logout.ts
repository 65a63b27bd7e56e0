import { terminalDesk } from "@sallyport/client";
import { plainJson } from "@sallyport/errors";
import { type Command, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { profileFolder } from "../profile.ts";
import { readSession, removeSession, TERMINAL } from "../session-file.ts";

/** `sallyport logout`: ends the session that `login` began. The file goes only once the api has ended it. */
export const logout: Command = {
  usage: "logout",
  help: "Ends the session at this terminal, everywhere within a second, and removes it from this machine.",
  options: {},
  takes: [0, 0],
  run: async (invocation) => {
    const { home } = invocation.settings;
    const session = readSession(home);
    if (session !== null) {
      const desk = terminalDesk({ profile: profileFolder(home, TERMINAL) });
      try {
        await desk.end(session.session);
      } finally {
        await desk.close();
      }
      removeSession(home);
    }
    report(invocation, plainJson({ wasSignedIn: session !== null }), [session === null ? "nobody was signed in here" : "signed out"]);
    return EXIT.done;
  },
};
