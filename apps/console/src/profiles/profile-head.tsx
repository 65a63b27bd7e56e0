import { Badge } from "../components/states.tsx";
import { counted } from "../packets/packet-text.ts";
import { type Profile, SOURCE_TEXT, variablesOf } from "./profile-text.ts";

/** Where the profile's files name subject or site. */
const namingText = ({ path, system, prefix }: Profile["binding"]["site"]): string =>
  `${path}${system === null ? "" : `, of the system ${system}`}${prefix === "" ? "" : `, behind ${prefix}`}`;

/** What a version is: whether it is in force and what was signed, and how files of it name subject and site. */
export function ProfileHead({ profile }: { readonly profile: Profile }) {
  const { profile: id, title, version, signed, inForce, source, binding, studies, digest } = profile;
  return (
    <section className="panel" aria-labelledby="profile-title">
      <h2 id="profile-title" className="profile-title">
        {id}, version {version}
        <Badge tone={inForce ? "stands" : "neutral"}>{inForce ? "in force" : "an earlier version"}</Badge>
        <Badge tone={signed ? "stands" : "shut"}>{signed ? "signed" : "not what was signed"}</Badge>
      </h2>
      <p className="quiet">
        {title}. {counted(variablesOf(profile).length, "variable")}; whatever it doesn't speak of is PHI.
      </p>
      {!signed && <p className="profile-unsigned">This version is not what the custodian signed, so nothing of its studies is taken in, released or read. Report it at once.</p>}
      <dl className="pairs pairs-plain">
        <dt>Files</dt>
        <dd>{SOURCE_TEXT[source]}</dd>
        <dt>Subject</dt>
        <dd>
          <code>{binding.domain}</code>: {namingText(binding.subject)}
        </dd>
        <dt>Site</dt>
        <dd>{namingText(binding.site)}</dd>
        <dt>Your studies</dt>
        <dd>{studies.length === 0 ? "none of yours uses it" : studies.join(", ")}</dd>
        <dt>Digest</dt>
        <dd>
          <code className="profile-digest">{digest}</code>
        </dd>
      </dl>
    </section>
  );
}
