import { WhatCanInput, WhatCanOutput, WhoCanInput, WhoCanOutput } from "@sallyport/contracts";
import { SallyportError } from "@sallyport/errors";
import { type Action, ACTIONS, RESOURCE_TYPES, type ResourceType, whatCan, whoCan } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { csvLine } from "../../crossings/csv-cell.ts";
import { pathSummary } from "../../policies/policy-summary.ts";
import type { ApiDeps } from "../../ports.ts";
import { inDeployment, placeNamed } from "./policy-place.ts";
import { allSites } from "../site-place.ts";

const READ = { action: "role.read", resource: "role" } as const;

/** An act as an input names it. @throws `input.invalid` for what is in no closed list: it would be answered with nobody, and read as safe. */
export function actNamed({ action, resource }: { readonly action: string; readonly resource: string }): { readonly action: Action; readonly resource: ResourceType } {
  const [known, type] = [ACTIONS.find((one) => one === action), RESOURCE_TYPES.find((one) => one === resource)];
  if (known === undefined) throw new SallyportError("input.invalid", { where: ["action: not one that there is"] });
  if (type === undefined) throw new SallyportError("input.invalid", { where: ["resource: not one that there is"] });
  return { action: known, resource: type };
}

type PathRow = ReturnType<typeof pathSummary>;
const PATH_COLUMNS = ["role", "study", "site", "until", "rule", "readable", "masked", "condition"];
const pathCells = ({ role, study, site, until, rule, readable, masked, signedInBy }: PathRow): string[] => [
  role,
  study,
  site,
  until ?? "-",
  rule,
  readable.join(" "),
  masked.join(" "),
  signedInBy === null ? "-" : `signed in by ${signedInBy}`,
];
/** Of the sites at which a right is stopped, those that a wide path reaches. */
const stoppedWithin = ({ study }: Pick<PathRow, "study">, stoppedAt: readonly string[]): readonly string[] =>
  stoppedAt.filter((key) => study === "*" || key.startsWith(`${study}/`));
const fileOf = (lines: readonly (readonly string[])[]): string => lines.map((cells) => `${csvLine(cells)}\r\n`).join("");

/** Who can reach something: everybody who may do this to that there, with each assignment and rule that it comes from. */
export const whoCanDo = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read({ ...READ, input: WhoCanInput, output: WhoCanOutput, locate: inDeployment }, async ({ input, trace }) => {
    const asked = actNamed(input);
    const { compiled, principals } = deps.policy.current();
    const names = await deps.names();
    const found = whoCan(compiled, principals.values(), { ...asked, place: placeNamed(input.place), nowMs: deps.now() });
    trace.note({ asked: `${asked.action} ${asked.resource}`, at: input.place, shown: found.length });
    const holders = found.map(({ principal, fields, paths }) => ({
      principal,
      principalName: names[principal] ?? null,
      readable: [...fields.readable],
      masked: [...fields.masked],
      paths: paths.map(pathSummary),
    }));
    if (input.format === "rows") return { policy: compiled.label, holders, csv: null };
    const rows = holders.flatMap(({ principal, principalName, paths }) =>
      paths.map((path) => [principal, principalName ?? "-", asked.action, asked.resource, input.place, ...pathCells(path)]),
    );
    return { policy: compiled.label, holders: [], csv: fileOf([["principal", "name", "action", "resource", "place", ...PATH_COLUMNS], ...rows]) };
  });

/** What somebody can do: every act that they may do anywhere now, with each assignment and rule that it comes from, and the sites of a wide one that are stopped. */
export const whatCanBeDone = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.read(
    {
      ...READ,
      input: WhatCanInput,
      output: WhatCanOutput,
      locate: ({ principal }, trace) => {
        trace.about(principal);
        return inDeployment();
      },
    },
    async ({ input, trace }) => {
      const { compiled, principals } = deps.policy.current();
      const principal = principals.get(input.principal);
      if (principal === undefined) throw new SallyportError("policy.denied");
      const name = (await deps.names())[principal.id] ?? null;
      const sites = await allSites(deps);
      const abilities = whatCan(compiled, principal, { sites, nowMs: deps.now() }).map(({ paths, except, ...act }) => ({
        ...act,
        paths: paths.map(pathSummary),
        stoppedAt: [...except],
      }));
      trace.note({ shown: abilities.length });
      if (input.format === "rows") return { policy: compiled.label, principalName: name, abilities, csv: null };
      const rows = abilities.flatMap(({ action, resource, paths, stoppedAt }) =>
        paths.map((path) => [principal.id, name ?? "-", action, resource, ...pathCells(path), path.site === "*" ? stoppedWithin(path, stoppedAt).join(" ") : ""]),
      );
      return { policy: compiled.label, principalName: name, abilities: [], csv: fileOf([["principal", "name", "action", "resource", ...PATH_COLUMNS, "stopped at"], ...rows]) };
    },
  );
