import { join } from "node:path";
import type { ProcessCommand } from "./child-process.ts";
import type { ProcessName } from "./process-owners.ts";

/** How each process is started. Tests give others; nothing that an operator sets can. */
export interface Programs {
  readonly processes: Readonly<Record<ProcessName, ProcessCommand>>;
  /** Takes a founding plan on its standard input and ends. */
  readonly setup: ProcessCommand;
  /** Files that a process must be able to read. */
  readonly entries: readonly string[];
}

/** The programs of this tree, as they are built. */
export function builtPrograms(): Programs {
  const apps = join(import.meta.dirname, "..", "..");
  const entry = {
    custodian: join(apps, "custodian", "dist", "main.js"),
    api: join(apps, "api", "dist", "main.js"),
    console: join(apps, "console", "dist", "server.js"),
    egress: join(apps, "egress", "dist", "main.js"),
  };
  const program = (name: ProcessName, ...args: string[]): ProcessCommand => ({ command: process.execPath, args: [entry[name], ...args], cwd: join(apps, name) });
  return {
    processes: { custodian: program("custodian"), api: program("api"), console: program("console"), egress: program("egress") },
    setup: program("api", "setup"),
    entries: Object.values(entry),
  };
}
