import type { Entry } from "@sallyport/outbound/sftp";

/**
 * A site's server as the drop uses it. Paths are the server's own. What the server refuses is `sftp.refused`; one that is away, or breaks
 * off, is `sftp.unreachable`.
 */
export interface DropServer {
  list(folder: string): Promise<readonly Entry[]>;
  /** What is at a path, or null where nothing is. */
  look(path: string): Promise<Entry | null>;
  /** A file's bytes, once, from its beginning. @throws SallyportError `drop.changed` where it isn't the file that was looked at, before or after. */
  read(path: string, looked: Entry): AsyncIterable<Uint8Array>;
  /** Writes a text whole or not at all: where it is there, all of it is. */
  write(path: string, text: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or finds it gone. */
  remove(path: string): Promise<void>;
  /** Makes a folder, or finds it there. */
  makeFolder(path: string): Promise<void>;
}
