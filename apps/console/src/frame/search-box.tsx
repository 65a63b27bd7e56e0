"use client";

import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { Icon } from "../components/icon.tsx";
import { searchTarget } from "./navigation.ts";
import { useTell } from "./notices.tsx";

/** Finds crossings by a request's id or a principal's. Neither is PHI, so both may stand in an address. */
export function SearchBox() {
  const router = useRouter();
  const tell = useTell();
  const [text, setText] = useState("");
  const go = (event: FormEvent) => {
    event.preventDefault();
    const target = searchTarget(text);
    if (target === null) {
      if (text.trim() !== "") tell({ tone: "caution", text: "Search takes a request id (req_…) or a principal (prn_…, a workload's name), without spaces." });
      return;
    }
    setText("");
    router.push(target);
  };
  return (
    <search className="search">
      <form onSubmit={go}>
        <Icon name="search" size={16} />
        <input
          type="search"
          className="search-input"
          aria-label="Find crossings by request id or principal"
          placeholder="Request id or principal"
          autoComplete="off"
          spellCheck={false}
          maxLength={80}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </form>
    </search>
  );
}
