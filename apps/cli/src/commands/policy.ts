import { plainJson, plainText } from "@sallyport/errors";
import { type Command, type Invocation, report } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { asProfile } from "../profile.ts";
import { UsageError } from "../usage-error.ts";

const USAGE =
  "--as PROFILE policy show | versions | who-can ACTION RESOURCE PLACE [--csv] | what-can PRINCIPAL [--csv] | why PRINCIPAL ACTION RESOURCE PLACE | explain CHAIN GENERATION SEQ";

interface Path {
  readonly role: string;
  readonly study: string;
  readonly site: string;
  readonly until: string | null;
  readonly rule: string;
  readonly signedInBy: string | null;
}

const VERBS: Readonly<Record<string, { readonly takes: number; readonly run: (invocation: Invocation, words: readonly string[]) => Promise<ExitCode> }>> = {
  show: { takes: 0, run: show },
  versions: { takes: 0, run: versions },
  "who-can": { takes: 3, run: whoCan },
  "what-can": { takes: 1, run: whatCan },
  why: { takes: 4, run: why },
  explain: { takes: 3, run: explain },
};

/** `sallyport policy`: what roles may do, who can reach something and how, and why a crossing was decided as it was. */
export const policy: Command = {
  usage: USAGE,
  help: [
    "Answers from the active policy and the assignments as they are, each with its path: the assignment, its role, and the rule.",
    "PLACE is deployment, or STUDY/SITE. With --csv the answer is a file for a spreadsheet. explain takes a record of the trail by its place.",
  ].join("\n"),
  options: { csv: { type: "boolean" } },
  takes: [1, 5],
  run: async (invocation) => {
    const [name = "", ...words] = invocation.positionals;
    const verb = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
    if (verb === undefined || words.length !== verb.takes) throw new UsageError(`usage: sallyport ${USAGE}`);
    return await verb.run(invocation, words);
  },
};

const formatOf = ({ options }: Invocation): "csv" | "rows" => (options["csv"] === true ? "csv" : "rows");
const pathText = ({ role, study, site, until, rule, signedInBy }: Path): string =>
  `${role} at ${study}/${site}${until === null ? "" : ` until ${until}`}, by ${rule}${signedInBy === null ? "" : `, signed in by ${signedInBy}`}`;

async function show(invocation: Invocation): Promise<ExitCode> {
  const current = await asProfile(invocation, async ({ api }) => await api.policy.current.query({}));
  const { label, content } = current.policy;
  report(invocation, plainJson(current), [
    plainText(`${label}  ${content.title}: ${content.roles.length} roles, ${content.grants.length} grants, ${content.separation.length} separations`),
    ...current.scheduled.map((each) => plainText(`${each.label}  takes effect at ${each.effectiveAt}`)),
    ...content.roles.map(({ name, description, assignableBy }) => plainText(`  ${name}  ${description} Assigned by ${assignableBy.join(", ") || "nobody"}.`)),
  ]);
  return EXIT.done;
}

async function versions(invocation: Invocation): Promise<ExitCode> {
  const listed = await asProfile(invocation, async ({ api }) => await api.policy.versions.query({}));
  report(
    invocation,
    plainJson(listed),
    listed.versions.map(({ label, title, state, effectiveAt, approvalId }) => plainText(`${label}  ${state}  ${effectiveAt ?? "-"}  ${approvalId ?? "founding"}  ${title}`)),
  );
  return EXIT.done;
}

async function whoCan(invocation: Invocation, [action = "", resource = "", place = ""]: readonly string[]): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.policy.whoCan.query({ action, resource, place, format: formatOf(invocation) }));
  if (answer.csv !== null && !invocation.isJson) {
    invocation.io.out(answer.csv);
    return EXIT.done;
  }
  report(invocation, plainJson(answer), [
    ...answer.holders.flatMap(({ principal, principalName, paths }) => [
      plainText(`${principal}  ${principalName ?? ""}`),
      ...paths.map((path) => plainText(`  ${pathText(path)}`)),
    ]),
    plainText(`${answer.holders.length} by ${answer.policy}`),
  ]);
  return EXIT.done;
}

async function whatCan(invocation: Invocation, [principal = ""]: readonly string[]): Promise<ExitCode> {
  const answer = await asProfile(invocation, async ({ api }) => await api.policy.whatCan.query({ principal, format: formatOf(invocation) }));
  if (answer.csv !== null && !invocation.isJson) {
    invocation.io.out(answer.csv);
    return EXIT.done;
  }
  report(invocation, plainJson(answer), [
    ...answer.abilities.flatMap(({ action, resource, paths, stoppedAt }) => [
      plainText(`${action} ${resource}`),
      ...paths.map((path) => plainText(`  ${pathText(path)}`)),
      ...(stoppedAt.length === 0 ? [] : [plainText(`  stopped at ${stoppedAt.join(", ")}`)]),
    ]),
    plainText(`${answer.abilities.length} by ${answer.policy}`),
  ]);
  return EXIT.done;
}

interface Answer {
  readonly policy: string;
  readonly effect: string;
  readonly reason: string | null;
  readonly rule: string | null;
  readonly needed: string | null;
  readonly paths: readonly Path[];
  readonly recorded: { readonly outcome: string; readonly reason: string } | null;
}

function reportAnswer(invocation: Invocation, answer: Answer): ExitCode {
  const { policy: label, effect, reason, rule, needed, paths, recorded } = answer;
  report(invocation, plainJson(answer), [
    plainText(`${effect} by ${label}${rule === null ? "" : `, rule ${rule}`}${reason === null ? "" : `: ${reason}`}`),
    ...(needed === null ? [] : [plainText(`  needed: ${needed}`)]),
    ...paths.map((path) => plainText(`  ${pathText(path)}`)),
    ...(recorded === null ? [] : [plainText(`  on record: ${recorded.outcome}, ${recorded.reason}`)]),
  ]);
  return EXIT.done;
}

async function why(invocation: Invocation, [principal = "", action = "", resource = "", place = ""]: readonly string[]): Promise<ExitCode> {
  return reportAnswer(invocation, await asProfile(invocation, async ({ api }) => await api.policy.explain.query({ question: { principal, action, resource, place } })));
}

async function explain(invocation: Invocation, [chain = "", generation = "", seq = ""]: readonly string[]): Promise<ExitCode> {
  if (![generation, seq].every((number) => /^[1-9]\d{0,14}$/.test(number))) throw new UsageError("GENERATION and SEQ are numbers from 1");
  const crossing = { chain, generation: Number(generation), seq: Number(seq) };
  return reportAnswer(invocation, await asProfile(invocation, async ({ api }) => await api.policy.explain.query({ crossing })));
}
