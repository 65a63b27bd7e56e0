import type { Place } from "@sallyport/policy";
import type { Located } from "../../boundary/decide-crossing.ts";
import type { Trace } from "../../boundary/trace.ts";

/** Roles and rules belong to no site. */
export const inDeployment = (): Promise<Located<null>> => Promise.resolve({ place: { kind: "deployment" }, found: null });

/** The same, about a proposal. */
export const aboutProposal = ({ proposalId }: { readonly proposalId: string }, trace: Trace): Promise<Located<null>> => {
  trace.about(proposalId);
  return inDeployment();
};

/** A place as inputs spell it: `deployment`, or `study/site`. */
export function placeNamed(name: string): Place {
  const [study = "", site = ""] = name.split("/");
  return name === "deployment" ? { kind: "deployment" } : { kind: "one", site: { study, site } };
}
