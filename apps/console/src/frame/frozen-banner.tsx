"use client";

import { useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect, useState } from "react";
import { WireFailure } from "../api/wire-failure.ts";
import { Lamp } from "../components/lamp.tsx";

const isFrozenBy = (error: unknown): boolean => error instanceof WireFailure && error.code === "trail.frozen";

/** Stands over every page once the api has refused something because the database is not what was signed last. */
export function FrozenBanner() {
  const client = useQueryClient();
  const [isFrozen, setFrozen] = useState(false);
  useEffect(() => {
    // It comes after the page: what was refused before it is looked at too.
    const look = () => {
      const all = [...client.getQueryCache().getAll(), ...client.getMutationCache().getAll()];
      if (all.some(({ state }) => isFrozenBy(state.error))) setFrozen(true);
    };
    look();
    const stops = [client.getQueryCache().subscribe(look), client.getMutationCache().subscribe(look)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [client]);
  if (!isFrozen) return null;
  return (
    <output className="frozen">
      <Lamp look="shut" size={18} />
      <span>
        <strong>The database is not what was signed last.</strong> Everything but signing in and reading, verifying and exporting the trail is stopped until two people end{" "}
        <Link href="/incidents">the incidents</Link>.
      </span>
    </output>
  );
}
