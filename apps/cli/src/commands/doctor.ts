import { existsSync } from "node:fs";
import { plainJson, plainText } from "@sallyport/errors";
import { type Command, type Invocation, report } from "../command.ts";
import type { Finding } from "../doctor/finding.ts";
import { checkCertificates, checkPermissions, checkUsers } from "../doctor/home.ts";
import { checkDisk, checkNode, checkVolume } from "../doctor/machine.ts";
import { checkApi, checkProcesses, checkSettings } from "../doctor/processes.ts";
import { checkOutbox } from "../doctor/outbox.ts";
import { checkRings } from "../doctor/rings.ts";
import { checkSpool } from "../doctor/spool.ts";
import { EXIT } from "../exit-code.ts";
import { ME } from "../session-file.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport doctor`: what is wrong with this deployment, or should be known of it. */
export const doctor: Command = {
  usage: "[--as PROFILE] doctor",
  help: [
    "Looks at the settings, the folder's permissions, the processes, the certificates, the users, the api, the disk and Node.js;",
    "with --as, at the rings of keys, the outbox and what was kept for later, too, where that profile may know of them; what it couldn't look at is a warning.",
    "Changes nothing. Exit codes: 0 no error (there may be warnings), 1 an error, 2 no deployment in this folder.",
  ].join("\n"),
  options: {},
  takes: [0, 0],
  run: async (invocation) => {
    const { home } = invocation.settings;
    if (!existsSync(home)) throw new UsageError(`there is no deployment in ${home}: start Sallyport with npm start`);
    const findings = await examine(invocation);
    const errors = findings.filter(({ severity }) => severity === "error").length;
    const warnings = findings.filter(({ severity }) => severity === "warning").length;
    report(invocation, plainJson({ errors, warnings, findings }), [...findings.flatMap(findingLines), `${errors} errors, ${warnings} warnings`]);
    return errors > 0 ? EXIT.failed : EXIT.done;
  },
};

async function examine(invocation: Invocation): Promise<readonly Finding[]> {
  const { settings, profile } = invocation;
  const { home } = settings;
  return [
    checkNode(process.versions.node),
    await checkSettings(),
    ...checkPermissions(home),
    ...(await checkProcesses(home)),
    ...checkCertificates(home, Date.now()),
    // Somebody in person has no certificate to ask for health with; a local profile has.
    ...(await checkApi(settings, profile === ME ? undefined : profile)),
    ...(await checkRings(invocation)),
    ...(await checkOutbox(invocation)),
    ...(await checkSpool(invocation, Date.now())),
    checkUsers(home),
    await checkDisk(home),
    checkVolume(home),
  ];
}

const findingLines = ({ check, severity, message, remedy }: Finding): readonly string[] => [
  `${severity.padEnd(7)}  ${check.padEnd(12)}  ${plainText(message)}`,
  ...(remedy === "" ? [] : [`${" ".repeat(23)}  ${plainText(remedy)}`]),
];
