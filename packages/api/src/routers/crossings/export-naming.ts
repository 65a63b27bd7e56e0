import { ExportCrossingsEvent, ExportNamingInput } from "@sallyport/contracts";
import { siteKey } from "@sallyport/policy";
import type { Boundary } from "../../boundary/procedure.ts";
import { ExcerptLines } from "../../crossings/excerpt-lines.ts";
import type { ApiDeps } from "../../ports.ts";
import { placeOfChain } from "../trail/chain-place.ts";

const PAGE = 200;

/**
 * The records of `system` that name a site, each with its proof: assignments there, its closing, locks on it. Who exports the site's own chain gets these of
 * `system`, and none that names another site too (DESIGN §6, ADR 0058).
 */
export const exportNaming = <Tx>(boundary: Boundary<Tx>, deps: ApiDeps<Tx>) =>
  boundary.watch(
    {
      action: "trail.export",
      resource: "trail",
      input: ExportNamingInput,
      output: ExportCrossingsEvent,
      whenFrozen: "serve",
      locate: async ({ study, site }, trace) => {
        const chain = `site:${study}/${site}`;
        trace.about(chain);
        return { place: await placeOfChain(deps, chain), found: null };
      },
    },
    async function* ({ input, grant, trace }, signal) {
      const [names, proofs] = await Promise.all([deps.names(), deps.archive.openExcerpt(grant, ["system"])]);
      const excerpt = new ExcerptLines({ proofs, deployment: deps.deployment, grant, filter: { naming: siteKey(input) }, nowMs: deps.now(), names });
      let after: { readonly generation: number; readonly seq: number } | null = null;
      let done = 0;
      while (!signal.aborted) {
        const page: Awaited<ReturnType<typeof deps.search.naming>> = await deps.search.naming(grant, input, { after, limit: PAGE });
        // In the order in which they are written: the digest runs along.
        const head = done === 0 ? excerpt.begin() : [];
        const lines = await excerpt.page(page);
        const isLast = page.length < PAGE;
        after = page.at(-1) ?? after;
        trace.note({ format: "excerpt", lines: done + page.length, ...(excerpt.unproven > 0 && { unproven: excerpt.unproven }) });
        yield { lines: [...head, ...lines, ...(isLast ? await excerpt.end() : [])], done: done + page.length, of: done + page.length, isLast };
        done += page.length;
        if (isLast) return;
      }
    },
  );
