import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

const SEALED = /^\d{12}-spl_[0-9a-hjkmnp-tv-z]{26}\.age$/;

/** Port: the sealed files of one spool, each for its owner alone. */
export interface SpoolFiles {
  /** Durable when it returns, or not there. Throws where the disk doesn't take it. */
  write(name: string, bytes: Uint8Array): void;
  /** Null where there is none. */
  read(name: string): Buffer | null;
  /** Names of all that are there. */
  names(): readonly string[];
  remove(name: string): void;
  /** Keeps a file for people to look at, where it counts for nothing. */
  putAside(name: string): void;
}

/** The files in a folder. What is written is on disk, name and all, before it counts. */
export function filesIn(folder: string): SpoolFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const settle = (): void => {
    const opened = openSync(folder, "r");
    fsyncSync(opened);
    closeSync(opened);
  };
  return {
    write(name, bytes) {
      const fresh = join(folder, `${name}.new`);
      const file = openSync(fresh, "wx", 0o600);
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
        fsyncSync(file);
      } catch (error) {
        rmSync(fresh, { force: true });
        throw error;
      } finally {
        closeSync(file);
      }
      renameSync(fresh, join(folder, name));
      settle();
    },
    read(name) {
      try {
        return readFileSync(join(folder, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },
    names: () => readdirSync(folder).filter((name) => SEALED.test(name) || SEALED.test(name.replace(/\.new$/, ""))),
    remove(name) {
      rmSync(join(folder, name), { force: true });
      settle();
    },
    putAside(name) {
      const aside = join(folder, "aside-strays");
      mkdirSync(aside, { recursive: true, mode: 0o700 });
      renameSync(join(folder, name), join(aside, name));
      settle();
    },
  };
}

/** Whether only its owner reaches a folder. */
export const isPrivate = (folder: string): boolean => (statSync(folder).mode & 0o077) === 0;
