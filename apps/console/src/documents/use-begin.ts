"use client";

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { InputOf, OutputOf } from "../api/procedures.ts";
import { sendCall } from "../api/send.ts";
import type { WireFailure } from "../api/wire-failure.ts";

type Begun = OutputOf<"signatures.begin">;

/** What is to be signed, made when it is asked for and never before: it is good for five minutes, once. */
export function useBegin() {
  const [begun, setBegun] = useState<Begun | null>(null);
  const begin = useMutation<Begun, WireFailure, InputOf<"signatures.begin">>({ mutationFn: (input) => sendCall("signatures.begin", input), onSuccess: setBegun });
  return {
    begun,
    begin,
    drop: () => {
      setBegun(null);
      begin.reset();
    },
  };
}
