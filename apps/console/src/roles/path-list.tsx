import type { OutputOf } from "../api/procedures.ts";
import { placeText } from "../people/place-text.ts";

export type Path = OutputOf<"policy.explain">["paths"][number];

/** Ways to a right: the role, where and until when it is held, and the rule that it comes from. */
export function PathList({ paths }: { readonly paths: readonly Path[] }) {
  return (
    <ul className="role-list">
      {paths.map((path) => (
        <li key={`${path.role} ${path.study}/${path.site} ${path.rule}`}>
          <code>{path.role}</code> <span className="quiet">{placeText(path)}</span>
          {path.until !== null && <span className="quiet"> until {path.until.slice(0, 10)}</span>}
          {path.signedInBy !== null && <span className="quiet"> with a passkey only</span>} <span className="quiet">by</span> <code>{path.rule}</code>
          {path.readable.length > 0 && <span className="quiet">, reads {path.readable.join(", ")}</span>}
          {path.masked.length > 0 && <span className="quiet">, masks {path.masked.join(", ")}</span>}
        </li>
      ))}
    </ul>
  );
}
