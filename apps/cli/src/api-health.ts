import { connect, type Health } from "@sallyport/client";
import { profileFolder, profileNames } from "./profile.ts";
import type { Settings } from "./settings.ts";

/** The api's health by way of a local profile: the named one, else the first that there is; null where there is none. */
export async function apiHealth({ home }: Settings, profile: string | undefined): Promise<Health | null> {
  const name = profile ?? profileNames(home)[0];
  if (name === undefined) return null;
  const connection = connect({ profile: profileFolder(home, name) });
  try {
    return await connection.health();
  } finally {
    await connection.close();
  }
}
