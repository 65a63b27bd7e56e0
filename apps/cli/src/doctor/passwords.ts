import type { HostStatus } from "@sallyport/app-host";
import { type Finding, ok, warning } from "./finding.ts";

/** Whether the processes' passwords of the database are older than they should become. Nothing before there are any. */
export function passwordFindings(passwords: HostStatus["passwords"]): readonly Finding[] {
  if (passwords === null) return [];
  const { generation, since, isOverdue } = passwords;
  if (!isOverdue) return [ok("passwords", `the database's passwords ${generation} are in use since ${since}`)];
  return [
    warning(
      "passwords",
      `the database's passwords ${generation} are overdue by their age, in use since ${since}`,
      "sallyport passwords rotate (docs/runbooks/rotate-passwords.md)",
    ),
  ];
}
