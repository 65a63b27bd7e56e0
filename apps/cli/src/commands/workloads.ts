import { type Command, report } from "../command.ts";
import { certificateFiles } from "../certificate-file.ts";
import { EXIT } from "../exit-code.ts";
import { plainJson, plainText } from "../plain-text.ts";
import { profileNames } from "../profile.ts";
import { isRevoked, readProfileFile } from "../profile-file.ts";
import { UsageError } from "../usage-error.ts";

/** `sallyport workloads`: the local profiles, who they are and how long their certificates last. */
export const workloads: Command = {
  usage: "workloads",
  help: "Lists the local profiles with their workload identities and the end of their certificates. sallyport revoke PROFILE ends one.",
  options: {},
  takes: [0, 0],
  run: async (invocation) => {
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
