import type { ApiDeps } from "@sallyport/api";
import type { Tx } from "@sallyport/db";
import { type CompiledPolicy, compilePolicy, type LivePrincipal, type PolicyDocument } from "@sallyport/policy";

/** What stands in the place of the real ports while a defence is off. */
export type Ports = (real: ApiDeps<Tx>) => ApiDeps<Tx>;
type PolicyState = ReturnType<ApiDeps<Tx>["policy"]["current"]>;

/** The policy desk with another answer to what holds now. */
function policyThatSays(real: ApiDeps<Tx>, current: (state: () => PolicyState) => PolicyState): ApiDeps<Tx> {
  const policy = new Proxy(real.policy, {
    get(desk, name) {
      if (name === "current") return () => current(() => desk.current());
      const value: unknown = Reflect.get(desk, name, desk);
      return typeof value === "function" ? (value.bind(desk) as unknown) : value;
    },
  });
  return { ...real, policy };
}

/** Every principal as `change` has it. */
export const principalsAs =
  (change: (principal: LivePrincipal) => LivePrincipal): Ports =>
  (real) =>
    policyThatSays(real, (state) => {
      const now = state();
      return { ...now, principals: new Map([...now.principals].map(([id, principal]) => [id, change(principal)])) };
    });

/** Another policy in force, as if it had been signed. */
export const policyAs =
  (change: (document: PolicyDocument) => PolicyDocument): Ports =>
  (real) => {
    const compiled = new Map<string, CompiledPolicy>();
    return policyThatSays(real, (state) => {
      const now = state();
      const known = compiled.get(now.tag) ?? compilePolicy(change(now.compiled.document));
      compiled.set(now.tag, known);
      return { ...now, compiled: known };
    });
  };

/** What held at the first look holds for good. */
export const policyKeptForGood: Ports = (real) => {
  let first: PolicyState | undefined;
  return policyThatSays(real, (state) => (first ??= state()));
};

/** Whoever was let in once stays so: neither of locks nor of ended sessions is anything heard. */
export const letInForGood: Ports = (real) => {
  const sessions = new Map<string, ReturnType<typeof real.sessions.require>>();
  return {
    ...policyKeptForGood(real),
    sessions: {
      require: (jti, isBackground) => {
        const known = sessions.get(jti) ?? real.sessions.require(jti, isBackground);
        sessions.set(jti, known);
        return known;
      },
    },
  };
};

/** Records what it can, and goes on where it can't. */
export const bestEffort: Ports = (real) => {
  const receipt = (chain: string) => ({ chain, generation: 1, seq: 0, mac: "0".repeat(64) });
  return {
    ...real,
    trail: {
      append: (draft) => real.trail.append(draft).catch(() => receipt(draft.chain)),
      inTransaction: (work) => real.read((tx) => work(tx, (drafts) => Promise.resolve(drafts.map(({ chain }) => receipt(chain))))),
    },
  };
};
