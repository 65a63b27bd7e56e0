import { closeSync, fsyncSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { SallyportError } from "@sallyport/errors";
import type { Anchor } from "./anchor.ts";

/** A folder into which each checkpoint is written once: of a file system that keeps what was written (WORM), or of somebody else's. */
export function folderAnchor(folder: string): Anchor {
  const name = basename(folder).replaceAll(/[^!-~]/g, "_");
  return {
    kind: "folder",
    name,
    async hold({ chain, generation, size, note }) {
      const file = `${encodeURIComponent(chain)}.${generation}.${size}.checkpoint`;
      try {
        writeFileSync(join(folder, file), note, { flag: "wx", mode: 0o444, flush: true });
        const handle = openSync(folder, "r");
        try {
          fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw new SallyportError("anchor.unavailable", { anchor: name }, error);
        // Written before, by us or by another node, which may be at it still, or have been stopped at it; anything else under this name is another history.
        const there = readFileSync(join(folder, file), "utf8");
        if (there !== note)
          throw note.startsWith(there)
            ? new SallyportError("anchor.unavailable", { anchor: name, why: "unfinished" })
            : new SallyportError("anchor.refused", { anchor: name, why: "other file" });
      }
      return file;
    },
  };
}
