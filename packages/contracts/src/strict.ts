import { z } from "zod";

declare const strictBrand: unique symbol;

/** An object schema that refuses keys that it doesn't name. The brand is what the boundary asks for: zod's own types can't tell. */
export type Strict<Shape extends z.ZodRawShape = z.ZodRawShape> = z.ZodObject<Shape, z.core.$strict> & { readonly [strictBrand]: true };

/** Makes the schema of a procedure's input or output: what it doesn't name is refused on the way in, and never leaves on the way out. */
export const strict = <const Shape extends z.ZodRawShape>(shape: Shape): Strict<Shape> => z.strictObject(shape) as Strict<Shape>;
