import type { OutputOf } from "../api/procedures.ts";
import type { BadgeTone } from "../components/states.tsx";

export type Person = OutputOf<"people.list">["people"][number];

export const STATUS: Readonly<Record<Person["status"], { readonly text: string; readonly tone: BadgeTone }>> = {
  invited: { text: "invited", tone: "neutral" },
  active: { text: "active", tone: "stands" },
  suspended: { text: "suspended", tone: "shut" },
  recovering: { text: "recovering", tone: "caution" },
  left: { text: "left", tone: "neutral" },
};

type IdentityWay = NonNullable<Person["identity"]>["how"];

/** By what somebody was found to be who they say they are. */
export const IDENTITY_TEXT: Readonly<Record<IdentityWay, string>> = {
  document: "an official document, seen with them",
  employer: "their employer's record of them",
  remote: "a service that does it from afar",
};

/** The way of this name; null for any other text. */
export const wayNamed = (name: string | null): IdentityWay | null => (name !== null && Object.hasOwn(IDENTITY_TEXT, name) ? (name as IdentityWay) : null);

/** Which people a list shows, as its address names it. */
export const SHOWS = [
  { id: "here", text: "Current" },
  { id: "invited", text: "Invited" },
  { id: "stopped", text: "Stopped" },
  { id: "left", text: "Left" },
  { id: "all", text: "All" },
] as const;
export type Show = (typeof SHOWS)[number]["id"];

const isShown: Readonly<Record<Show, (person: Person) => boolean>> = {
  here: ({ status }) => status !== "left",
  invited: ({ status }) => status === "invited",
  stopped: ({ status, isLocked }) => status === "suspended" || isLocked,
  left: ({ status }) => status === "left",
  all: () => true,
};

/** The people of a list that a filter's words match, each somewhere in names, roles, places or state. */
export function peopleShown(people: readonly Person[], show: Show, text: string): readonly Person[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ username, printedName, status, isLocked, assignments }: Person): boolean => {
    const all = [username, printedName, status, isLocked ? "locked" : "", ...assignments.flatMap(({ role, study, site }) => [role, study, site])].join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  };
  return people.filter((person) => isShown[show](person) && matches(person));
}

/** What somebody proves who they are by. */
export const proofText = ({ passkeys, hasPassword }: Person): string =>
  [passkeys > 0 && `${passkeys} passkey${passkeys === 1 ? "" : "s"}`, hasPassword && "password and code"].filter(Boolean).join(", ") || "nothing yet";
