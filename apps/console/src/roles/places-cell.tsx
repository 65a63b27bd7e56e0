"use client";

import { useState } from "react";
import { Dialog, DialogBody } from "../components/dialog.tsx";
import { type Places, sitesText } from "./proposal-text.ts";

/** As many as are told without a dialog. */
const TOLD_MAX = 4;

/** Where something is so: a few places as they are, of more the first, and all of them on asking. `about` says what is so there. */
export function PlacesCell({ places, about }: { readonly places: Places; readonly about: string }) {
  const [isOpen, setOpen] = useState(false);
  if (places.sites.length <= TOLD_MAX) return <span className="impact-places">{sitesText(places)}</span>;
  return (
    <>
      <button type="button" className="row-open" onClick={() => setOpen(true)}>
        {sitesText(places)}
      </button>
      {isOpen && (
        <Dialog title="Places" isOpen onClose={() => setOpen(false)}>
          <DialogBody>
            <p>{about}</p>
            <p className="impact-places">{[...(places.deployment ? ["the deployment"] : []), ...places.sites].join(", ")}</p>
          </DialogBody>
        </Dialog>
      )}
    </>
  );
}
