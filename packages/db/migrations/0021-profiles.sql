-- Classification profiles as documents: what of a study's data is public, regulatory, PHI or treatment.

CREATE TABLE phi.profiles (
  id        text NOT NULL CHECK (id ~ '^[a-z][a-z0-9-]{1,39}$'),
  version   integer NOT NULL CHECK (version >= 1),
  canonical text NOT NULL CHECK (octet_length(canonical) <= 196608),
  -- The custodian's signed note over deployment and digest: what isn't signed classifies nothing.
  note      text NOT NULL,
  -- The request that approved it; null for one that is shipped.
  approval  text,
  at_ms     bigint NOT NULL,
  PRIMARY KEY (id, version)
);

-- Drafts that were asked for. What is approved is named by its digest; a draft is of no effect.
CREATE TABLE phi.profile_drafts (
  digest    text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
  canonical text NOT NULL CHECK (octet_length(canonical) <= 196608 AND digest = encode(sha256(convert_to(canonical, 'UTF8')), 'hex')),
  at_ms     bigint NOT NULL
);

-- The version in force is the highest: it is the one after the one before, and no version is ever changed or taken away.
CREATE FUNCTION phi.next_profile() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.version <> 1 + coalesce((SELECT max(p.version) FROM phi.profiles p WHERE p.id = NEW.id), 0) THEN
    RAISE EXCEPTION 'not the next version' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER next BEFORE INSERT ON phi.profiles FOR EACH ROW EXECUTE FUNCTION phi.next_profile();
ALTER TABLE phi.profiles ENABLE ALWAYS TRIGGER next;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.profiles FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.profiles ENABLE ALWAYS TRIGGER immutable;
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.profile_drafts FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.profile_drafts ENABLE ALWAYS TRIGGER immutable;

-- A node knows by the epoch that there is something new to read, of profiles and of which study has which.
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON phi.profiles FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
ALTER TABLE phi.profiles ENABLE ALWAYS TRIGGER bump;
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON regulatory.studies FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
ALTER TABLE regulatory.studies ENABLE ALWAYS TRIGGER bump;

-- One statement reads one snapshot of the database.
CREATE FUNCTION phi.profile_snapshot() RETURNS TABLE (epoch bigint, profiles json, studies json)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT
    (SELECT e.value FROM policy.epoch e),
    (SELECT coalesce(json_agg(json_build_object('id', p.id, 'version', p.version, 'canonical', p.canonical, 'note', p.note)), '[]')
       FROM phi.profiles p WHERE p.version = (SELECT max(q.version) FROM phi.profiles q WHERE q.id = p.id)),
    (SELECT coalesce(json_agg(json_build_object('study', s.id, 'profile', s.profile) ORDER BY s.id), '[]') FROM regulatory.studies s)
$$;

-- How many current fields of these variables each study has that uses a profile, by how they were released: what a change of it would do.
-- Names and counts alone, of no subject and no site. A path's places in lists aren't part of its name.
CREATE FUNCTION phi.count_fields(p_profile text, p_names text) RETURNS TABLE (study text, domain text, name text, classification text, fields bigint)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF boundary.granted_action() NOT IN ('profile.read', 'profile.change') THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY
    SELECT s.id, f.domain, v.name, split_part(l.line, E'\t', 2), count(*)
      FROM regulatory.studies s
      JOIN regulatory.sites t ON t.study = s.id
      JOIN phi.sealed_records f ON f.site_key = t.site_key
     CROSS JOIN LATERAL string_to_table(f.fields, E'\n') AS l (line)
     CROSS JOIN LATERAL (SELECT regexp_replace(split_part(l.line, E'\t', 1), '\.[0-9]+(?=\.|$)', '', 'g') AS name) v
     WHERE s.profile = p_profile AND v.name = ANY (string_to_array(p_names, E'\n'))
       AND f.version = (SELECT max(r.version) FROM phi.records r WHERE r.subject = f.subject AND r.domain = f.domain AND r.record = f.record)
     GROUP BY s.id, f.domain, v.name, split_part(l.line, E'\t', 2);
END $$;

GRANT SELECT, INSERT ON phi.profiles, phi.profile_drafts TO sallyport_api;
GRANT EXECUTE ON FUNCTION phi.profile_snapshot(), phi.count_fields(text, text) TO sallyport_api;
