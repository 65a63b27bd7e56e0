-- Subjects and their sealed fields. Nothing here is ever updated: a change is a new version, and old ones stay.

CREATE SCHEMA phi;

CREATE TABLE phi.subjects (
  id         text PRIMARY KEY,
  study      text NOT NULL,
  site       text NOT NULL,
  site_key   text NOT NULL GENERATED ALWAYS AS (study || '/' || site) STORED,
  label      text NOT NULL,
  -- HMAC of study and subject identifier, hex: finds a subject again without storing who it is.
  lookup     text NOT NULL,
  wrapped    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (study, site) REFERENCES regulatory.sites (study, id),
  UNIQUE (id, site_key),
  UNIQUE (study, label),
  UNIQUE (study, lookup)
);
CREATE INDEX subjects_by_site ON phi.subjects (site_key, label);

CREATE TABLE phi.records (
  subject    text NOT NULL,
  domain     text NOT NULL CHECK (domain ~ '^[A-Za-z0-9_-]{1,32}$'),
  record     text NOT NULL CHECK (record ~ '^[A-Za-z0-9._-]{1,64}$'),
  version    integer NOT NULL CHECK (version >= 1),
  site_key   text NOT NULL,
  packet     text NOT NULL REFERENCES ingress.packets (id),
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (subject, domain, record, version),
  FOREIGN KEY (subject, site_key) REFERENCES phi.subjects (id, site_key)
);

CREATE TABLE phi.fields (
  subject        text NOT NULL,
  domain         text NOT NULL,
  record         text NOT NULL,
  version        integer NOT NULL,
  name           text NOT NULL CHECK (name ~ '^[A-Za-z0-9_]{1,64}$'),
  classification text NOT NULL CHECK (classification IN ('public', 'regulatory', 'phi', 'treatment')),
  -- The sealed form's own alphabet, so that no plaintext fits by accident, and no separator of open_subject.
  sealed         text NOT NULL CHECK (sealed ~ '^sp1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'),
  site_key       text NOT NULL,
  PRIMARY KEY (subject, domain, record, version, name),
  FOREIGN KEY (subject, domain, record, version) REFERENCES phi.records (subject, domain, record, version),
  FOREIGN KEY (subject, site_key) REFERENCES phi.subjects (id, site_key)
);

CREATE TABLE phi.reference_keys (
  id      text PRIMARY KEY,
  wrapped text NOT NULL
);

ALTER TABLE phi.subjects ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.subjects FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.records ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.records FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.fields ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.fields FORCE ROW LEVEL SECURITY;

CREATE POLICY within_sites ON phi.subjects FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY release ON phi.subjects FOR INSERT TO sallyport_api
  WITH CHECK (study || '/' || site = ANY ((SELECT boundary.granted_sites())::text[]) AND (SELECT boundary.granted_action()) = 'packet.release');
-- For sites_of alone, which is the owner's function; the owner has no policy on fields.
CREATE POLICY locate ON phi.subjects FOR SELECT TO sallyport_owner USING (true);
-- The custodian sees ids alone (column grant below): whether a data key's subject exists.
CREATE POLICY exists_only ON phi.subjects FOR SELECT TO sallyport_custodian USING (true);

CREATE POLICY within_sites ON phi.records FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY release ON phi.records FOR INSERT TO sallyport_api
  WITH CHECK (site_key = ANY ((SELECT boundary.granted_sites())::text[]) AND (SELECT boundary.granted_action()) = 'packet.release');

CREATE POLICY within_sites ON phi.fields FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[])
         AND (SELECT boundary.granted_action()) IN ('subject.read', 'phi.read', 'packet.release'));
CREATE POLICY release ON phi.fields FOR INSERT TO sallyport_api
  WITH CHECK (site_key = ANY ((SELECT boundary.granted_sites())::text[]) AND (SELECT boundary.granted_action()) = 'packet.release');

-- Which sites own subjects: what decisions rest on, before there is any grant. Ids are joined by newlines.
CREATE FUNCTION phi.sites_of(p_ids text) RETURNS TABLE (id text, study text, site text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT s.id, s.study, s.site FROM phi.subjects s WHERE s.id = ANY (string_to_array(p_ids, E'\n')) $$;

-- Subjects with their current fields, several crossings' in one round trip. Each is opened under its own grant: the context is set
-- anew before each, and used by that one query. SECURITY INVOKER: row security applies. `p_openings` is a JSON list of
-- {n, sites, action, id, names}; what its grant does not reach has no row. Fields come as lines of tab-separated columns, none of
-- which can hold a tab or a newline (the checks above); parsing one text is several times cheaper than a row a field.
CREATE FUNCTION phi.open_subjects(p_openings text)
  RETURNS TABLE (n integer, study text, site text, label text, wrapped text, fields text)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  o record;
BEGIN
  FOR o IN SELECT * FROM json_to_recordset(p_openings::json) AS x (n integer, sites text, action text, id text, names text) LOOP
    PERFORM set_config('sallyport.sites', o.sites, true), set_config('sallyport.action', o.action, true);
    RETURN QUERY
      SELECT o.n, s.study, s.site, s.label, s.wrapped,
        (SELECT string_agg(concat_ws(E'\t', f.domain, f.record, f.version, f.name, f.classification, f.sealed), E'\n'
                           ORDER BY f.domain, f.record, f.name)
           FROM phi.fields f
           JOIN (SELECT r.domain, r.record, max(r.version) AS version FROM phi.records r WHERE r.subject = o.id GROUP BY r.domain, r.record) c
             ON f.domain = c.domain AND f.record = c.record AND f.version = c.version
          WHERE f.subject = o.id
            AND (o.names IS NULL OR f.domain || '.' || f.name = ANY (string_to_array(o.names, E'\n'))))
      FROM phi.subjects s
      WHERE s.id = o.id AND s.site_key = ANY (string_to_array(o.sites, E'\n'));
  END LOOP;
END $$;

GRANT USAGE ON SCHEMA phi TO sallyport_api, sallyport_custodian;
GRANT SELECT, INSERT ON phi.subjects, phi.records, phi.fields, phi.reference_keys TO sallyport_api;
GRANT SELECT (id) ON phi.subjects TO sallyport_custodian;
GRANT EXECUTE ON FUNCTION phi.sites_of(text), phi.open_subjects(text) TO sallyport_api;
