"use client";

import { useCall } from "../api/use-call.ts";

/** Who is signed in and what they may do, as the api says it; asked for once by the frame. */
export const useMe = () => useCall("me.overview", {}, { isBackground: true });

/**
 * Whether one of the person's rules names the act. It only spares people what would be refused: the api decides, each time. While it isn't
 * known the answer is no.
 */
export function useMay(action: string): boolean {
  const me = useMe();
  return me.data?.grants.some((grant) => grant.action === action) ?? false;
}
