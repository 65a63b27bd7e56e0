"use client";

import { useState } from "react";

/** True from the first time that something is wanted on: it is then kept, so that it can close as it opened. */
export function useOnceWanted(isWanted: boolean): boolean {
  const [was, setWas] = useState(isWanted);
  if (isWanted && !was) setWas(true);
  return was || isWanted;
}
