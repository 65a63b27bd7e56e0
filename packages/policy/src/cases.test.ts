import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { faultTest } from "@sallyport/testkit";
import { type CompiledPolicy, compilePolicy } from "./compile.ts";
import { decide } from "./decide.ts";
import { type Action, ACTIONS, type Place, type PolicyDocument, type Question, RESOURCE_TYPES, type ResourceType } from "./model.ts";
import { starterPolicy } from "./starter.ts";
import { starterSuite } from "./starter-suite.ts";
import { TokenScope } from "./token-scope.ts";

type Cell = string | Readonly<Record<string, unknown>>;
interface Sentence {
  readonly says: string;
  readonly role: string;
  readonly at?: string;
  readonly site?: string;
  readonly may?: readonly string[];
  readonly mayNot?: readonly string[];
}
interface Table {
  readonly allowed: Readonly<Record<string, readonly Cell[]>>;
  readonly cases: readonly Sentence[];
}

const { allowed: cells, cases } = parse(starterSuite()) as Table;
const actOf = (cell: Cell): string => (typeof cell === "string" ? cell : (Object.keys(cell)[0] ?? ""));
const allowed = Object.fromEntries(Object.entries(cells).map(([role, list]) => [role, list.map(actOf)]));
const OWN = { study: "PILOT", site: "701" };
const OTHER = { study: "PILOT", site: "704" };
const starter = compilePolicy(starterPolicy);

function ask(role: string, act: string, at: string, place: Place): Question {
  const [action, resource] = act.split(" ") as [Action, ResourceType];
  const [study = "", site = ""] = at.split("/");
  return {
    principal: {
      id: "svc_test",
      kind: "service",
      person: "svc_test",
      status: "active",
      workload: "spiffe://test/service/test",
      tokensFromS: 0,
      assignments: [{ role, study, site, fromMs: 0, untilMs: null }],
    },
    scope: new TokenScope([action]),
    action,
    resource,
    place,
    nowMs: 1_000,
  };
}

/** Every place that a resource can have, with what is expected of a role held at OWN that is allowed what is asked. */
const PLACES: readonly (readonly [name: string, place: Place, expected: "allow" | "deny"])[] = [
  ["own", { kind: "one", site: OWN }, "allow"],
  ["other", { kind: "one", site: OTHER }, "deny"],
  ["missing", { kind: "one", site: null }, "deny"],
  ["each of own", { kind: "each", sites: [OWN] }, "allow"],
  ["each of own and other", { kind: "each", sites: [OWN, OTHER] }, "deny"],
  ["any", { kind: "any", sites: [OTHER, OWN] }, "allow"],
  ["any but own", { kind: "any", sites: [OTHER] }, "deny"],
  ["deployment", { kind: "deployment" }, "deny"],
];

function differences(policy: CompiledPolicy): readonly string[] {
  const found: string[] = [];
  for (const role of [...Object.keys(allowed), "unknown_role"]) {
    for (const action of ACTIONS) {
      for (const resource of RESOURCE_TYPES) {
        const listed = allowed[role]?.includes(`${action} ${resource}`) ?? false;
        for (const [name, place, whereListed] of PLACES) {
          const { effect } = decide(policy, ask(role, `${action} ${resource}`, "PILOT/701", place));
          if (effect !== (listed ? whereListed : "deny")) found.push(`${role} ${action} ${resource} ${name}: ${effect}`);
        }
      }
    }
  }
  return found;
}

describe("the starter policy's table", () => {
  test("every entry names an act that exists", () => {
    for (const act of Object.values(allowed).flat()) {
      const [action, resource] = act.split(" ");
      expect(ACTIONS).toContain(action);
      expect(RESOURCE_TYPES).toContain(resource);
    }
  });
  test("lists every role of the policy and no other", () => {
    expect(Object.keys(allowed).sort()).toEqual(starterPolicy.roles.map((role) => role.name).sort());
  });
  faultTest("R1", "every role, action, resource type and place is decided as the table says, and what it doesn't list is denied", async (defence) => {
    const loosened: PolicyDocument = {
      ...starterPolicy,
      grants: [...starterPolicy.grants, { id: "extra", role: "site_coordinator", action: "packet.release", resource: "packet" }],
    };
    expect(differences(defence === "on" ? starter : compilePolicy(loosened))).toEqual([]);
  });
});

describe("the starter policy's sentences", () => {
  for (const { says, role, at = "PILOT/701", site = "PILOT/701", may = [], mayNot = [] } of cases) {
    const [study = "", siteId = ""] = site.split("/");
    const effectOf = (act: string) => decide(starter, ask(role, act, at, { kind: "one", site: { study, site: siteId } })).effect;
    test(says, () => {
      expect(may.length + mayNot.length).toBeGreaterThan(0);
      expect(may.filter((act) => effectOf(act) !== "allow")).toEqual([]);
      expect(mayNot.filter((act) => effectOf(act) !== "deny")).toEqual([]);
    });
  }
});
