"use client";

import Link from "next/link";
import { usePathname } from "next/navigation";
import { Icon } from "../components/icon.tsx";
import { useWaiting } from "./use-waiting.ts";
import { useMe } from "./me.ts";
import { type Destination, mayShow, railDestinations } from "./navigation.ts";

const GROUPS: readonly { readonly group: Destination["group"]; readonly title: string }[] = [
  { group: "watch", title: "Watch" },
  { group: "work", title: "Work" },
  { group: "govern", title: "Govern" },
  { group: "self", title: "You" },
];

/** The pages, as many as this person has use for. `onGo` closes the sheet that it may stand in. */
export function Navigation({ onGo }: { readonly onGo?: () => void }) {
  const path = usePathname();
  const me = useMe();
  const waiting = useWaiting();
  const actions = new Set(me.data?.grants.map((grant) => grant.action));
  return (
    <nav className="rail-nav" aria-label="Pages">
      {GROUPS.map(({ group, title }) => {
        const shown = railDestinations.filter((each) => each.group === group && mayShow(each, actions));
        if (shown.length === 0) return null;
        return (
          <div key={group} className={`rail-group rail-group-${group}`}>
            <p className="rail-title" id={`rail-${group}`}>
              {title}
            </p>
            <ul aria-labelledby={`rail-${group}`}>
              {shown.map(({ href, name, icon }) => {
                const isHere = path === href || path.startsWith(`${href}/`);
                return (
                  <li key={href}>
                    <Link href={href} className="rail-link" aria-current={isHere ? "page" : undefined} {...(onGo !== undefined && { onClick: onGo })}>
                      <span className="rail-leaf" aria-hidden="true" />
                      <Icon name={icon} />
                      <span>{name}</span>
                      {href === "/approvals" && waiting > 0 && (
                        <span className="rail-count">
                          {waiting}
                          <span className="visually-hidden"> waiting for you</span>
                        </span>
                      )}
                    </Link>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
