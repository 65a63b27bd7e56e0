import { resolve } from "node:path";
import { lockHome } from "@sallyport/app-host";
import { pageLines, openPage } from "@sallyport/audit";
import type { Connection } from "@sallyport/client";
import { plainJson, plainText } from "@sallyport/errors";
import { callOptions } from "../call-options.ts";
import { type Command, type Invocation, optionText } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { everyMs, rounds } from "../rounds.ts";
import { EventFile } from "../siem/event-file.ts";
import { handOn, type TrailSource } from "../siem/hand-on.ts";
import { readCursor } from "../siem/siem-cursor.ts";
import { UsageError } from "../usage-error.ts";

const EVERY_S = 60;
const PAGE_RECORDS = 1000;

/** `sallyport siem`: the trail as events for a SIEM. */
export const siem: Command = {
  usage: "--as PROFILE siem --out FILE [--cursor FILE] [--every SECONDS] [--once]",
  help: [
    "Appends the trail's records to a file, every minute (or --every SECONDS), as events of the Open Cybersecurity Schema Framework (API",
    "Activity, one JSON object a line), for a SIEM's agent to read. The cursor, FILE.cursor unless --cursor says where, is how far it got: nothing",
    "is passed over, whatever ends it and whenever; after a crash some events may come twice, and have the same metadata.uid. It stops where what",
    "the trail says next doesn't follow what was handed on, or was archived before it was. A new cursor begins behind what was archived. Reading is on record, so each round adds to the trail. With --once it looks once.",
  ].join("\n"),
  options: { out: { type: "string" }, cursor: { type: "string" }, every: { type: "string" }, once: { type: "boolean" } },
  takes: [0, 0],
  run: async (invocation) => {
    const { settings, options } = invocation;
    const out = optionText(invocation, "out");
    if (out === undefined || out === "") throw new UsageError(`--out is missing. usage: sallyport ${siem.usage}`);
    const file = resolve(settings.workingDir, out);
    const cursorFile = resolve(settings.workingDir, optionText(invocation, "cursor") ?? `${out}.cursor`);
    const pace = { everyMs: everyMs(optionText(invocation, "every"), EVERY_S), isOnce: options["once"] === true };
    const unlock = await lockHome(`${cursorFile}.lock`, "--cursor");
    try {
      return await rounds(invocation, { ...pace, round: async (signal) => await oneRound(invocation, file, cursorFile, signal) });
    } finally {
      unlock();
    }
  },
};

async function oneRound(invocation: Invocation, file: string, cursorFile: string, signal: AbortSignal): Promise<ExitCode> {
  const sink = new EventFile(file, cursorFile);
  const onArchived = (chain: string, upTo: number): void =>
    invocation.io.err(`${plainText(chain)} begins with generation ${upTo + 1}: what came before was archived, and its events are not handed on\n`);
  try {
    const events = await asProfile(invocation, async (connection) => await handOn(sourceOf(connection, invocation), sink, readCursor(cursorFile), { signal, onArchived }));
    if (events > 0) invocation.io.out(invocation.isJson ? `${plainJson({ events, file })}\n` : `${events} ${events === 1 ? "event" : "events"} handed on\n`);
    return EXIT.done;
  } finally {
    sink.close();
  }
}

const sourceOf = ({ api }: Connection, invocation: Invocation): TrailSource => ({
  chains: async () => (await api.trail.chains.query({}, { context: callOptions(invocation).context })).chains,
  // Events carry no signatures, and making them is what costs.
  read: async (chain, generation, from) =>
    pageLines(openPage(await api.trail.readExport.query({ chain, generation, from, limit: PAGE_RECORDS, signed: false }, { context: callOptions(invocation).context }), false)),
  archived: async (chain) => {
    const { generations } = await api.archives.list.query({}, { context: callOptions(invocation).context });
    return generations.filter((each) => each.chain === chain && (each.archived?.removedAt ?? null) !== null).sort((one, other) => one.generation - other.generation);
  },
});
