import { existsSync, readFileSync } from "node:fs";
import type { PasswordStore } from "@sallyport/db";
import { handUrl } from "./hand-over.ts";
import type { Home } from "./home.ts";
import { PasswordRing } from "./password-ring.ts";
import { writePrivate } from "./private-file.ts";
import { databaseUrlFile } from "./process-environment.ts";
import { ownerFor, type Owners } from "./process-owners.ts";

/** The ring of the processes' passwords, in the files of a home: each for its process alone. */
export const databasePasswords = (home: Home, owners: Owners, parts: { readonly store: PasswordStore; now(): number; report(line: string): void }): PasswordRing =>
  new PasswordRing({
    ...parts,
    files: {
      read: (process) => (existsSync(databaseUrlFile(home, process)) ? readFileSync(databaseUrlFile(home, process), "utf8").trim() : null),
      write(process, url) {
        writePrivate(databaseUrlFile(home, process), `${url}\n`, ownerFor(owners, process));
        if (process === "api") handUrl(home, owners, "anew");
      },
    },
  });
