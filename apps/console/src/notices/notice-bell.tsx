"use client";

import dynamic from "next/dynamic";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { useMe } from "../frame/me.ts";
import { useWaiting } from "../frame/use-waiting.ts";
import { endingRoles } from "./ending-roles.ts";

const NoticeDrawer = dynamic(async () => (await import("./notice-drawer.tsx")).NoticeDrawer, { ssr: false });

/** Opens the person's notices, and says how many there are that something can be done about. */
export function NoticeBell() {
  const [isOpen, setOpen] = useState(false);
  const me = useMe();
  const count = useWaiting() + endingRoles(me.data?.assignments ?? [], me.dataUpdatedAt).length;
  return (
    <>
      <Button kind="quiet" isIcon aria-label={count === 0 ? "Notices" : `Notices, ${count} new`} onPress={() => setOpen(true)}>
        <Icon name="bell" />
        {count > 0 && <span className="bell-count">{count}</span>}
      </Button>
      {isOpen && <NoticeDrawer onClose={() => setOpen(false)} />}
    </>
  );
}
