/** A program and its arguments. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** Loaded into every process before its own code: ends it when its supervisor is gone, and leaves no signal that opens a debugger. */
const LIFELINE = new URL("./lifeline.js", import.meta.url).href;

/** The limit is the process's own and can't be raised again: what is in its memory is never written to a core file. */
const WITHOUT_CORE = 'ulimit -c 0 && exec "$0" "$@"';

/** A Node.js program as the supervisor starts it: no core file, no debugger, and an end with its supervisor. */
export const guarded = ({ command, args }: Command): Command => ({ command: "/bin/sh", args: ["-c", WITHOUT_CORE, command, "--import", LIFELINE, ...args] });
