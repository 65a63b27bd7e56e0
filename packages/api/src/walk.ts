import { ACTIONS, RESOURCE_TYPES } from "@sallyport/policy";
import { z } from "zod";
import type { AppRouter } from "./app-router.ts";
import type { Declared } from "./boundary/procedure.ts";

/** One procedure as the walk found it, with what is wrong with it. */
export interface Walked {
  readonly path: string;
  readonly declared: Declared | null;
  readonly faults: readonly string[];
}

/**
 * Walks every procedure of a router and names what breaks the boundary's rules: no declaration, an input or output that would let an
 * unnamed key through at any depth, a rule without action, resource or place, a read that is a mutation or the other way round. A kind of schema that it doesn't
 * know is a fault, too: it can't say what that one lets through.
 */
export function walkRouter(router: Pick<AppRouter, "_def">): readonly Walked[] {
  const procedures = router._def.procedures as unknown as Readonly<Record<string, { readonly _def: { readonly type: string; readonly meta?: unknown } }>>;
  return Object.entries(procedures).map(([path, { _def }]) => {
    const declared = isDeclared(_def.meta) ? _def.meta : null;
    if (declared === null) return { path, declared, faults: ["made outside the boundary"] };
    const faults = [
      ...ruleFaults(declared.rule),
      ...looseParts(declared.input, "input"),
      ...looseParts(declared.output, "output"),
      ...(TYPES[declared.kind] === _def.type ? [] : [`a ${declared.kind} is a ${_def.type}`]),
    ];
    return { path, declared, faults };
  });
}

const TYPES: Readonly<Record<Declared["kind"], string>> = { read: "query", reveal: "mutation", change: "mutation", part: "mutation", watch: "subscription" };

const isDeclared = (meta: unknown): meta is Declared => typeof meta === "object" && meta !== null && "kind" in meta && "rule" in meta && "input" in meta && "output" in meta;

/** Where a schema lets through what it doesn't name: any object that isn't strict, and what takes anything, at any depth. */
function looseParts(schema: unknown, at: string): readonly string[] {
  if (!(schema instanceof z.ZodType)) return [];
  if (schema instanceof z.ZodAny || schema instanceof z.ZodUnknown) return [`${at} takes anything`];
  if (schema instanceof z.ZodObject) {
    const own = schema.def.catchall instanceof z.ZodNever ? [] : [`${at} isn't strict`];
    return [...own, ...Object.entries(schema.shape).flatMap(([name, part]) => looseParts(part, `${at}.${name}`))];
  }
  if (schema instanceof z.ZodArray) return looseParts(schema.element, `${at}[]`);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((part, index) => looseParts(part, `${at}|${index}`));
  if (schema instanceof z.ZodRecord) return looseParts(schema.valueType, `${at}{}`);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault) return looseParts(schema.unwrap(), at);
  return LEAVES.some((kind) => schema instanceof kind) ? [] : [`${at} is of a kind that isn't looked into`];
}

/** Schemas that hold no other one. */
const LEAVES = [z.ZodString, z.ZodStringFormat, z.ZodNumber, z.ZodBoolean, z.ZodNull, z.ZodLiteral, z.ZodEnum];

/** What a rule doesn't say, or says of an action or a resource that no policy knows. */
function ruleFaults(rule: Declared["rule"]): readonly string[] {
  const named: { readonly action?: unknown; readonly resource?: unknown; readonly locate?: unknown } = rule;
  return [
    ...((ACTIONS as readonly unknown[]).includes(named.action) ? [] : ["names no action that the policy knows"]),
    ...((RESOURCE_TYPES as readonly unknown[]).includes(named.resource) ? [] : ["names no resource that the policy knows"]),
    ...(typeof named.locate === "function" ? [] : ["doesn't say where it happens"]),
  ];
}
