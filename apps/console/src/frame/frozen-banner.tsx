"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { WireFailure } from "../api/wire-failure.ts";
import { Lamp } from "../components/lamp.tsx";

/** Stands over every page once the api has refused something because the trail is under an incident. */
export function FrozenBanner() {
  const client = useQueryClient();
  const [isFrozen, setFrozen] = useState(false);
  useEffect(() => {
    const isOne = (error: unknown) => error instanceof WireFailure && error.code === "trail.frozen";
    const stops = [
      client.getQueryCache().subscribe(({ query }) => {
        if (isOne(query.state.error)) setFrozen(true);
      }),
      client.getMutationCache().subscribe(({ mutation }) => {
        if (isOne(mutation?.state.error)) setFrozen(true);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client]);
  if (!isFrozen) return null;
  return (
    <output className="frozen">
      <Lamp look="shut" size={18} />
      <span>
        <strong>The trail is under an incident.</strong> Signing, reveal, export and release are stopped where it is; two people can release it. Everything else goes on.
      </span>
    </output>
  );
}
