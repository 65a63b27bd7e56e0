import type postgres from "postgres";
import type { ConsolePerson } from "./console-person.ts";
import type { Founders } from "./founders.ts";
import { PILOT } from "./pilot-study.ts";
import type { Product } from "./product.ts";
import { putToApproval } from "./role-pages.ts";

/** How much of a deployment its pages have to bear. */
export interface Crowd {
  readonly people: number;
  readonly sites: number;
  readonly roles: number;
}

/** Pages whose speed must not hang on how many people, sites and roles there are, and what shows that they are there; the rows are of the first. */
export const CROWD_PAGES: Readonly<Record<string, readonly string[]>> = {
  "/roles": [".matrix-cell"],
  "/roles/edit": [".matrix-cell"],
  "/roles/history": [".row-open"],
  "/roles/proposals": [".row-open"],
  "/roles/proposals/:proposal": [".table tbody .impact-right", "#replay-title"],
  "/roles/reach?action=access.read&resource=access&place=CDISCPILOT01/701": [".role-list"],
  "/people": [".row-open"],
  "/studies": [".row-open"],
  "/studies/CDISCPILOT01": [".row-open"],
  "/services": [".row-open"],
  "/locks": [".row-open"],
  "/approvals": [".row-open"],
  "/reviews": [".table tbody tr"],
  "/reviews/:review": [".review-line"],
};

interface Content {
  readonly title: string;
  readonly roles: readonly { readonly name: string; readonly description: string; readonly assignableBy: readonly string[] }[];
  readonly grants: readonly {
    readonly id: string;
    readonly role: string;
    readonly action: string;
    readonly resource: string;
    readonly fields?: object;
  }[];
  readonly separation: readonly { readonly first: string; readonly second: string }[];
}

/** Calls a procedure as the page does, in the page itself. */
async function callInPage<T>({ page, console: url }: ConsolePerson, path: string, input: object): Promise<T> {
  const asked = page.waitForRequest((request) => request.url().includes("/api/call/"));
  await page.goto(`${url}/roles`);
  const session = (await (await asked).allHeaders())["sallyport-session"] ?? "";
  return await page.evaluate(
    async ([to, body, of]) => {
      const response = await fetch(`/api/call/${to}`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-sallyport": "1", "sallyport-session": of, "idempotency-key": crypto.randomUUID() },
        body,
      });
      const answer = (await response.json()) as { readonly result?: { readonly data: T } };
      if (answer.result === undefined) throw new Error(JSON.stringify(answer));
      return answer.result.data;
    },
    [path, JSON.stringify(input), session] as const,
  );
}

/** The tests that state exactly what a policy allows: JSON is YAML. */
const suiteOf = ({ roles, grants, separation }: Content): string =>
  JSON.stringify({
    allowed: Object.fromEntries(
      roles.map(({ name }) => [
        name,
        grants.filter(({ role }) => role === name).map(({ action, resource, fields }) => (fields === undefined ? `${action} ${resource}` : { [`${action} ${resource}`]: fields })),
      ]),
    ),
    separated: separation.map(({ first, second }) => `${first} ${second}`),
  });

async function proposed(person: ConsolePerson, content: Content): Promise<string> {
  const { proposal } = await callInPage<{ readonly proposal: { readonly proposalId: string } }>(person, "policy.propose", { content, suite: suiteOf(content) });
  return proposal.proposalId;
}

/** So many roles in all, each new one like one that there is; proposed by the one, approved by the other. */
async function addRoles({ alma, boris }: Founders, content: Content, roles: number): Promise<Content> {
  const made = Array.from({ length: Math.max(0, roles - content.roles.length) }, (_, n) => ({ name: `made_role_${n}`, like: content.roles[n % content.roles.length]?.name }));
  if (made.length === 0) return content;
  const more: Content = {
    ...content,
    title: "Many roles",
    roles: [...content.roles, ...made.map(({ name }) => ({ name, description: "One of many.", assignableBy: ["security_admin"] }))],
    grants: [
      ...content.grants,
      ...made.flatMap(({ name, like }) =>
        content.grants.filter(({ role }) => role === like).map((grant) => ({ ...grant, id: `${name}:${grant.action}:${grant.resource}`, role: name })),
      ),
    ],
  };
  await alma.goto(`/roles/proposals/${await proposed(alma, more)}`);
  await alma.button("Put it to approval").click();
  await putToApproval(alma, "as many roles as there are");
  await boris.approveNext("as many roles as there are");
  return more;
}

/** Rows of people, of their principals and of sites, as the api writes them: of what they do, nothing. */
async function addRows(owner: postgres.Sql, { people, sites }: Crowd, roles: readonly string[]): Promise<void> {
  await owner`
    INSERT INTO regulatory.sites (study, id, name, country)
    SELECT ${PILOT}, 'M' || n, 'Made site ' || n, 'USA'
      FROM generate_series(1, ${sites}::integer - (SELECT count(*)::integer FROM regulatory.sites WHERE study = ${PILOT})) AS n`;
  const [counted] = await owner<{ have: number }[]>`SELECT count(*)::integer AS have FROM people.persons`;
  await owner.begin(async (tx) => {
    await tx`
      INSERT INTO policy.principals (id, name, kind, person, workload)
      SELECT 'prn_' || lpad(n::text, 26, '0'), 'Made Person ' || n, 'person', 'per_' || lpad(n::text, 26, '0'), NULL
        FROM generate_series(${counted?.have ?? 0}::integer + 1, ${people}::integer) AS n`;
    await tx`
      INSERT INTO people.persons (id, principal, username, printed_name, status)
      SELECT 'per_' || lpad(n::text, 26, '0'), 'prn_' || lpad(n::text, 26, '0'), 'made.' || n, 'Made Person ' || n, 'active'
        FROM generate_series(${counted?.have ?? 0}::integer + 1, ${people}::integer) AS n`;
    await tx`
      INSERT INTO policy.assignments (principal, role, study, site, from_ms)
      SELECT 'prn_' || lpad(n::text, 26, '0'), (${tx.array([...roles])}::text[])[1 + n % ${roles.length}::integer], s.study, s.id, 0
        FROM generate_series(${counted?.have ?? 0}::integer + 1, ${people}::integer) AS n
        JOIN (SELECT study, id, row_number() OVER (ORDER BY id) - 1 AS at, count(*) OVER () AS of FROM regulatory.sites WHERE study = ${PILOT}) AS s ON s.at = n % s.of`;
  });
}

/** What the addresses of {@link CROWD_PAGES} name by `:proposal` and `:review`. */
export type Gathered = Readonly<Record<"proposal" | "review", string>>;

const REASON = "so that there is something to look at";
const DAY_MS = 86_400_000;

/** One of what waits for an administrator: a request, a lock and a review of access of everybody. */
async function addWaiting({ alma }: Founders, content: Content, { people }: Crowd): Promise<string> {
  const { proposal } = await callInPage<{ readonly proposal: { readonly proposalId: string; readonly digest: string } }>(alma, "policy.propose", {
    content: { ...content, title: "The same, by another name" },
    suite: suiteOf(content),
  });
  await callInPage(alma, "approvals.requestPolicyChange", { proposalId: proposal.proposalId, digest: proposal.digest, effectiveAt: null, reason: REASON });
  await callInPage(alma, "locks.set", { target: { kind: "person", personId: `per_${String(people).padStart(26, "0")}` }, reason: REASON });
  const { review } = await callInPage<{ readonly review: { readonly reviewId: string } }>(alma, "reviews.open", {
    study: "*",
    site: "*",
    role: "*",
    due: new Date(Date.now() + 30 * DAY_MS).toISOString(),
    reason: REASON,
  });
  return review.reviewId;
}

/**
 * Fills a founded deployment up to so many people, sites and roles, and proposes a policy that takes one right from every role, of which nobody was asked yet.
 * The roles go the way that every policy goes; people and sites are rows alone.
 * A request, a lock and a review wait there too.
 */
export async function gather(product: Product, founders: Founders, crowd: Crowd): Promise<Gathered> {
  const { policy } = await callInPage<{ readonly policy: { readonly content: Content } }>(founders.alma, "policy.current", {});
  const content = await addRoles(founders, policy.content, crowd.roles);
  await product.withOwner(
    async (owner) =>
      await addRows(
        owner,
        crowd,
        content.roles.map(({ name }) => name).filter((name) => !name.endsWith("_service") && name !== "security_admin"),
      ),
  );
  const review = await addWaiting(founders, content, crowd);
  const proposal = await proposed(founders.alma, { ...content, title: "Nobody uses approvals", grants: content.grants.filter(({ action }) => action !== "approval.use") });
  return { proposal, review };
}
