import { plainJson, plainText } from "@sallyport/errors";
import { keyOption } from "../call-options.ts";
import { type Command, report } from "../command.ts";
import { certificateFiles } from "../certificate-file.ts";
import { EXIT } from "../exit-code.ts";
import { profileNames } from "../profile.ts";
import { isRevoked, readProfileFile } from "../profile-file.ts";
import { UsageError } from "../usage-error.ts";
import { createWorkload, offboardWorkload } from "./change-workload.ts";

/** `sallyport workloads`: the local profiles, who they are and how long their certificates last; and what becomes of a service. */
export const workloads: Command = {
  usage: "workloads | --as me workloads create NAME --title TITLE --reason TEXT --code-file FILE [--again] | --as me workloads offboard NAME --reason TEXT",
  help: [
    "Lists the local profiles with their workload identities and the end of their certificates. sallyport revoke PROFILE ends one.",
    "create asks for a new service, or with --again for one that lost its certificate to enrol anew: the one-time code is made here and written",
    "to FILE, for this user alone; another administrator approves it with a passkey. offboard ends a service for good, in one act: certificates,",
    "tokens, roles, codes and open requests. Its name is never given again.",
  ].join("\n"),
  options: { ...keyOption, title: { type: "string" }, reason: { type: "string" }, "code-file": { type: "string" }, again: { type: "boolean" } },
  takes: [0, 2],
  run: async (invocation) => {
    const [act, service] = invocation.positionals;
    if (act === "create" && service !== undefined) return createWorkload(invocation, service);
    if (act === "offboard" && service !== undefined) return offboardWorkload(invocation, service);
    if (act !== undefined) throw new UsageError(`usage: sallyport ${workloads.usage}`);
    const { home } = invocation.settings;
    const names = profileNames(home);
    if (names.length === 0) throw new UsageError(`there are no profiles in ${home}: start Sallyport first`);
    const lives = new Map(certificateFiles(home, "profiles").map(({ name, life }) => [name, life]));
    const listed = names.map((name) => {
      const untilMs = lives.get(`profiles/${name}`)?.untilMs;
      return {
        profile: name,
        workload: readProfileFile(home, name)?.workload ?? null,
        notAfter: untilMs === undefined ? null : new Date(untilMs).toISOString(),
        revoked: isRevoked(home, name),
      };
    });
    const width = Math.max(...names.map((name) => name.length));
    report(
      invocation,
      plainJson({ workloads: listed }),
      listed.map(
        ({ profile, workload, notAfter, revoked }) =>
          `${profile.padEnd(width)}  ${revoked ? "revoked" : notAfter === null ? "no certificate" : `until ${notAfter}`}  ${plainText(workload ?? "")}`,
      ),
    );
    return EXIT.done;
  },
};
