"use client";

import type { OutputOf } from "../api/procedures.ts";
import { useCall } from "../api/use-call.ts";
import type { Option } from "../components/choice.tsx";

/** Of roles those that are for people: by their names, the others are for services. */
export const forPeople = (options: readonly Option[]): readonly Option[] => options.filter(({ id }) => !id.endsWith("_service"));

export type RoleOption = OutputOf<"assignments.options">["roles"][number];

/** The roles of the policy in force, with whether the caller may give each and whether that takes two. Those that can't be given are left out of `options`. */
export function useRoles({ enabled = true }: { readonly enabled?: boolean } = {}) {
  const call = useCall("assignments.options", {}, { enabled });
  const roles = call.data?.roles ?? [];
  const options: readonly Option[] = roles.filter(({ mayAssign }) => mayAssign).map(({ role, description }) => ({ id: role, text: role, about: description }));
  return { options, find: (name: string | null) => roles.find(({ role }) => role === name) ?? null, failure: call.data === undefined ? call.error : null };
}
