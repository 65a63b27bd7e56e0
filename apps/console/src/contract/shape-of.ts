/** The type of what a schema of the contracts describes. Only types: the schemas themselves stay out of the browser. */
export type ShapeOf<Schema extends { readonly _zod: { readonly output: unknown } }> = Schema["_zod"]["output"];
