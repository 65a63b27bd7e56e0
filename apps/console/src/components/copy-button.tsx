"use client";

import { useEffect, useState } from "react";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

const SHOWN_MS = 2500;

/** Puts a text into the clipboard and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (said === "") return undefined;
    const timer = setTimeout(() => setSaid(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <>
      <Button
        aria-label={label}
        onPress={() =>
          void navigator.clipboard.writeText(text).then(
            () => setSaid("Copied"),
            () => setSaid("Not allowed: select it and copy by hand"),
          )
        }
      >
        <Icon name={said === "Copied" ? "check" : "copy"} size={16} />
        {said === "" ? "Copy" : said}
      </Button>
      <output className="visually-hidden">{said}</output>
    </>
  );
}
