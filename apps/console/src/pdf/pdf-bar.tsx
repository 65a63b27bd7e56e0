"use client";

import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Field } from "../components/field.tsx";
import { Icon } from "../components/icon.tsx";

interface BarProps {
  /** The page in sight, from 1, and how many there are. */
  readonly page: number;
  readonly pages: number;
  /** How large it is drawn; 1 for 100 %. */
  readonly zoom: number;
  readonly onPage: (page: number) => void;
  readonly onZoom: (direction: "in" | "out" | "fit") => void;
}

/** Where one is in a PDF, and how large it is drawn. */
export function PdfBar({ page, pages, zoom, onPage, onZoom }: BarProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const [isWrong, setWrong] = useState(false);

  const wanted = Number(typed ?? page);
  const isThere = Number.isInteger(wanted) && wanted >= 1 && wanted <= pages;

  function go(): void {
    setWrong(!isThere);
    if (!isThere) return;
    setTyped(null);
    onPage(wanted);
  }
  function type(value: string): void {
    setTyped(value);
    setWrong(false);
  }
  // A phone's keyboard for numbers has no return key: its "Done" leaves the field.
  function leave(): void {
    if (typed !== null && isThere) return go();
    setTyped(null);
    setWrong(false);
  }

  return (
    <div className="pdf-bar">
      <form
        className="pdf-place"
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        <Field label="Page" value={typed ?? String(page)} onChange={type} onBlur={leave} inputMode="numeric" maxLength={5} error={isWrong ? `From 1 to ${pages}.` : null} />
        <span className="numeral">of {pages.toLocaleString("en-GB")}</span>
        <output className="visually-hidden">
          Page {page} of {pages}
        </output>
      </form>
      <div className="pdf-zoom">
        <Button isIcon aria-label="Zoom out" onPress={() => onZoom("out")}>
          <Icon name="minus" />
        </Button>
        <output className="numeral pdf-percent">{Math.round(zoom * 100)} %</output>
        <Button isIcon aria-label="Zoom in" onPress={() => onZoom("in")}>
          <Icon name="plus" />
        </Button>
        <Button onPress={() => onZoom("fit")}>Fit to width</Button>
      </div>
    </div>
  );
}
