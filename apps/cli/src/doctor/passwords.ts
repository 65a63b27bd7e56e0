import { hostStatus } from "@sallyport/app-host";
import { codeOf } from "@sallyport/errors";
import { type Finding, ok, warning } from "./finding.ts";

/** Whether the processes' passwords of the database are older than they should become. Nothing where no supervisor can be asked; that is said elsewhere. */
export async function checkPasswords(home: string): Promise<readonly Finding[]> {
  const status = await hostStatus(home).catch((failure: unknown) => {
    if (codeOf(failure) !== "service.unavailable") throw failure;
    return null;
  });
  const passwords = status?.passwords ?? null;
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
