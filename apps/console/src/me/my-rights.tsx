import { Panel } from "../components/states.tsx";
import { placeText } from "../people/place-text.ts";
import type { Me } from "./authenticators.tsx";

/** What the person may do, role by role, and where: as the policy in force says it. */
export function MyRights({ assignments, grants }: { readonly assignments: Me["assignments"]; readonly grants: Me["grants"] }) {
  const roles = [...new Set(assignments.map(({ role }) => role))];
  return (
    <Panel id="rights" title="What you may do">
      {roles.length === 0 && <p className="quiet">No role is assigned to you, so everything is denied. Ask a security administrator.</p>}
      <div className="rights">
        {roles.map((role) => (
          <section key={role} className="right" aria-label={role}>
            <h3>
              <code>{role}</code>
            </h3>
            <ul className="right-places">
              {assignments
                .filter((each) => each.role === role)
                .map((each) => (
                  <li key={`${each.study}/${each.site}/${each.from}`}>
                    {placeText(each)}
                    {each.until !== null && <span className="quiet"> until {each.until.slice(0, 10)}</span>}
                  </li>
                ))}
            </ul>
            <ul className="right-grants">
              {grants
                .filter((grant) => grant.role === role)
                .map(({ rule, action, resource }) => (
                  <li key={rule}>
                    <code>{action}</code> <span className="quiet">on {resource.replaceAll("_", " ")}</span>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </Panel>
  );
}
