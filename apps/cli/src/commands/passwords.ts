import { type HostStatus, hostStatus, rotatePasswords } from "@sallyport/app-host";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, report } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport passwords`: how the processes' passwords of the database stand, and new ones. */
export const passwords: Command = {
  usage: "passwords | passwords rotate",
  help: [
    "Shows since when the passwords are in use by which the api and the custodian log in to the database, and who is still logged in by the ones before.",
    "rotate puts new ones in use through the running supervisor, without a restart; the ones before end once nothing is logged in by them.",
    "The supervisor does the same by itself when they are 90 days old. The database owner's password is not among them.",
  ].join("\n"),
  options: {},
  takes: [0, 1],
  run: async (invocation) => {
    const { home } = invocation.settings;
    const [act] = invocation.positionals;
    if (act !== undefined && act !== "rotate") throw new UsageError(`usage: sallyport ${passwords.usage}`);
    if (act === "rotate") {
      const generation = await rotatePasswords(home);
      report(invocation, plainJson({ generation }), [`passwords ${generation} are in use; the ones before end once nothing is logged in by them: sallyport passwords`]);
      return EXIT.done;
    }
    const { passwords: state } = await hostStatus(home);
    report(invocation, plainJson({ passwords: state }), linesOf(state));
    return EXIT.done;
  },
};

function linesOf(state: HostStatus["passwords"]): readonly string[] {
  if (state === null) return ["the database isn't ready yet"];
  const { generation, since, isOverdue, holders } = state;
  return [
    `passwords ${generation} are in use since ${since}${isOverdue ? ": overdue by their age" : ""}`,
    ...(holders === null ? [] : [`the ones before are accepted too; logged in by them: ${holders.length === 0 ? "nothing any more" : plainText(holders.join(", "))}`]),
  ];
}
