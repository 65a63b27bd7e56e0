"use client";

import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { useMe } from "./me.ts";
import { useSession } from "./session-gate.tsx";

const Menu = dynamic(async () => (await import("../components/menu.tsx")).Menu, { ssr: false, loading: () => <span className="person-place" /> });

/** Who is signed in, and the way out. */
export function PersonMenu() {
  const router = useRouter();
  const { facts, signOut } = useSession();
  const me = useMe();
  const initials = facts.printedName
    .split(/\s+/)
    .map((word) => word[0] ?? "")
    .join("")
    .slice(0, 2)
    .toUpperCase();
  return (
    <Menu
      label="You"
      trigger={
        <Button kind="quiet">
          <span className="initials" data-initials={initials} />
          <span className="person-name">
            {facts.printedName}
            <span className="visually-hidden">: your menu</span>
          </span>
          <Icon name="chevron" size={14} />
        </Button>
      }
      head={
        <div className="popover-head">
          <strong>{facts.printedName}</strong>
          {me.data !== undefined && <code className="quiet">{me.data.username}</code>}
        </div>
      }
      entries={[
        { id: "me", text: "Session and security", icon: <Icon name="me" />, onAction: () => router.push("/me") },
        { id: "terminal", text: "Confirm a terminal", icon: <Icon name="terminal" />, onAction: () => router.push("/terminal") },
        { id: "out", text: "Sign out", icon: <Icon name="out" />, onAction: signOut },
      ]}
    />
  );
}
