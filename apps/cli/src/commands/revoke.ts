import { revokeWorkload } from "@sallyport/app-host";
import { plainJson } from "@sallyport/errors";
import { type Command, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { profileFolder } from "../profile.ts";

/** `sallyport revoke`: a local profile's certificates stop being accepted. */
export const revoke: Command = {
  usage: "revoke PROFILE",
  help: [
    "Revokes a local profile through the running supervisor: its certificates stop being accepted, and it gets no other.",
    "With everything stopped, use sallyport custodian revoke WORKLOAD.",
  ].join("\n"),
  options: {},
  takes: [1, 1],
  run: async (invocation) => {
    const [profile = ""] = invocation.positionals;
    const { home } = invocation.settings;
    // A name with a path in it is refused here, before anything is asked.
    profileFolder(home, profile);
    await revokeWorkload(home, profile);
    report(invocation, plainJson({ revoked: profile }), [`profile ${profile} is revoked`]);
    return EXIT.done;
  },
};
