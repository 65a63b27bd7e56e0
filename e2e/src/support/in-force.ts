import type { ConsolePerson } from "./console-person.ts";
import { until } from "./until.ts";

const LOOK_MS = 2_000;
const DEADLINE_MS = 30_000;

/**
 * Waits until a page shows somebody what their new role brings: it is in force within a second. It is looked at in a window of its own, so
 * that what is refused until then isn't among what their browser objected to.
 */
export async function untilInForce({ context, console: url }: ConsolePerson, path: string, selector: string): Promise<void> {
  const page = await context.newPage();
  try {
    await until(
      async () => {
        await page.goto(url + path);
        return await page
          .locator(selector)
          .first()
          .waitFor({ timeout: LOOK_MS })
          .then(
            () => true,
            () => null,
          );
      },
      DEADLINE_MS,
      () => `${path} never showed ${selector}`,
    );
  } finally {
    await page.close();
  }
}
