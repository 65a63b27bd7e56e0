import { GetSubjectInput } from "@sallyport/contracts";
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";

const trpc = initTRPC.create({ isDev: false });
let answer: unknown = null;

/** Bare tRPC over plain HTTP with its stock adapter: no caller is proven, nothing is decided, opened or recorded. */
const server = createHTTPServer({
  router: trpc.router({ subjects: trpc.router({ get: trpc.procedure.input(GetSubjectInput).query(() => answer) }) }),
});

// What it answers is given by its parent, so that it is as long as the product's.
process.once("message", (given: unknown) => {
  answer = given;
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.send?.({ port: typeof address === "object" && address !== null ? address.port : 0 });
  });
});
process.once("disconnect", () => process.exit(0));
