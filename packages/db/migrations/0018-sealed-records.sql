-- A version of a record is one row with all its sealed fields. A row a field, with a key of five columns, was most of what a release cost.

-- A variable's name may be a path (FHIR).
ALTER TABLE phi.records
  DROP CONSTRAINT records_changed_check,
  ADD CONSTRAINT records_changed_check CHECK (changed ~ '^[A-Za-z0-9_.]{1,128}(,[A-Za-z0-9_.]{1,128})*$');

CREATE TABLE phi.sealed_records (
  subject  text NOT NULL,
  domain   text NOT NULL,
  record   text NOT NULL,
  version  integer NOT NULL,
  -- A line a field, in the order of their names: name, classification and sealed form, between tabs. No column can hold a tab or a line's end, and
  -- no plaintext fits by accident.
  fields   text NOT NULL CHECK (fields ~ ('^[A-Za-z0-9_.]+\t(?:public|regulatory|phi|treatment)\tsp1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+'
                                       || '(?:\n[A-Za-z0-9_.]+\t(?:public|regulatory|phi|treatment)\tsp1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)*$')),
  site_key text NOT NULL,
  PRIMARY KEY (subject, domain, record, version)
) WITH (toast_tuple_target = 8160);
-- Ciphertext doesn't compress, and a row of two kilobytes needn't be cut up.
ALTER TABLE phi.sealed_records ALTER COLUMN fields SET STORAGE EXTERNAL;

INSERT INTO phi.sealed_records (subject, domain, record, version, fields, site_key)
  SELECT f.subject, f.domain, f.record, f.version, string_agg(concat_ws(E'\t', f.name, f.classification, f.sealed), E'\n' ORDER BY f.name COLLATE "C"), min(f.site_key)
    FROM phi.fields f GROUP BY f.subject, f.domain, f.record, f.version;

-- The ciphertexts of the places that were left, in the same form; a day of consent is the field FROM of its own record.
CREATE TABLE phi.past_sealed_records (
  subject  text NOT NULL,
  transfer integer NOT NULL,
  domain   text NOT NULL,
  record   text NOT NULL,
  version  integer NOT NULL,
  fields   text NOT NULL,
  PRIMARY KEY (subject, transfer, domain, record, version)
) WITH (toast_tuple_target = 8160);
ALTER TABLE phi.past_sealed_records ALTER COLUMN fields SET STORAGE EXTERNAL;

ALTER TABLE phi.past_fields NO FORCE ROW LEVEL SECURITY;
INSERT INTO phi.past_sealed_records (subject, transfer, domain, record, version, fields)
  SELECT p.subject, p.transfer, p.domain, p.record, p.version,
         string_agg(concat_ws(E'\t', p.name, coalesce(f.classification, 'phi'), p.sealed), E'\n' ORDER BY p.name COLLATE "C")
    FROM phi.past_fields p
    LEFT JOIN phi.fields f ON f.subject = p.subject AND f.domain = p.domain AND f.record = p.record AND f.version = p.version AND f.name = p.name
   GROUP BY p.subject, p.transfer, p.domain, p.record, p.version;

DROP TABLE phi.past_fields, phi.fields;
DROP FUNCTION phi.transfer_fields(text, text);

ALTER TABLE phi.sealed_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.sealed_records FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.past_sealed_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.past_sealed_records FORCE ROW LEVEL SECURITY;
CREATE POLICY within_sites ON phi.sealed_records FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[])
         AND (SELECT boundary.granted_action()) IN ('subject.read', 'phi.read', 'phi.bulk_reveal', 'packet.release', 'packet.inspect', 'subject.transfer'));
CREATE POLICY release ON phi.sealed_records FOR INSERT TO sallyport_api
  WITH CHECK (site_key = ANY ((SELECT boundary.granted_sites())::text[]) AND (SELECT boundary.granted_action()) = 'packet.release');
-- For the functions below alone, which are the owner's.
CREATE POLICY locate ON phi.sealed_records FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY move ON phi.sealed_records FOR UPDATE TO sallyport_owner USING (true);
CREATE POLICY keep ON phi.past_sealed_records FOR INSERT TO sallyport_owner WITH CHECK (true);
GRANT SELECT, INSERT ON phi.sealed_records TO sallyport_api;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.past_sealed_records FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.past_sealed_records ENABLE ALWAYS TRIGGER append_only;

-- As in 0013, each looked up by its key: in the transaction that fills it, a table still looks small to the planner, who went through all of it for each.
CREATE OR REPLACE FUNCTION phi.assert_recorded() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM added f
              WHERE NOT EXISTS (SELECT 1 FROM phi.records r
                                 WHERE r.subject = f.subject AND r.domain = f.domain AND r.record = f.record AND r.version = f.version AND r.site_key = f.site_key)) THEN
    RAISE EXCEPTION 'fields without their record' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER recorded AFTER INSERT ON phi.sealed_records REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION phi.assert_recorded();
ALTER TABLE phi.sealed_records ENABLE ALWAYS TRIGGER recorded;

-- Which fields there are and how they are classified: all of a record's fields but what is sealed.
CREATE FUNCTION phi.named_in(p_fields text) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT regexp_replace(p_fields, '\t[^\t\n]*(\n|$)', '\1', 'g') $$;

-- Moves records of a subject that is being moved, and puts aside what stood. p_records is a JSON list of {domain, record, version, fields}.
-- It takes only what stands elsewhere than its subject, with the fields that stand there and no others; outside of a transfer nothing does.
CREATE FUNCTION phi.transfer_records(p_id text, p_records text) RETURNS void
  -- What is given is joined by hashing: a list of thousands looks like a list of a few to the planner, who would go through the subject for each.
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
DECLARE
  v_sites    text[] := boundary.granted_sites();
  v_to       text;
  v_transfer integer;
BEGIN
  SELECT s.site_key, s.key_version - 1 INTO v_to, v_transfer FROM phi.subjects s WHERE s.id = p_id;
  IF boundary.granted_action() <> 'subject.transfer' OR NOT FOUND OR NOT v_to = ANY (v_sites) THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  WITH given AS MATERIALIZED (
    SELECT m.domain, m.record, m.version, m.fields FROM json_to_recordset(p_records::json) AS m (domain text, record text, version integer, fields text)
  ), standing AS MATERIALIZED (
    SELECT g.domain, g.record, g.version, f.fields AS past, g.fields
      FROM given g JOIN phi.sealed_records f ON f.subject = p_id AND f.domain = g.domain AND f.record = g.record AND f.version = g.version
     WHERE f.site_key <> v_to AND f.site_key = ANY (v_sites) AND phi.named_in(f.fields) = phi.named_in(g.fields)
    UNION ALL
    SELECT g.domain, g.record, g.version, concat_ws(E'\t', 'FROM', 'phi', w.sealed), g.fields
      FROM given g JOIN phi.withdrawals w ON w.subject = p_id AND g.domain = 'CONSENT' AND g.version = 1 AND g.record = w.n::text
     WHERE w.sealed IS NOT NULL AND w.site_key <> v_to AND w.site_key = ANY (v_sites) AND phi.named_in(g.fields) = E'FROM\tphi'
  ), kept AS (
    INSERT INTO phi.past_sealed_records (subject, transfer, domain, record, version, fields)
      SELECT p_id, v_transfer, s.domain, s.record, s.version, s.past FROM standing s
  ), days AS (
    UPDATE phi.withdrawals w SET sealed = split_part(s.fields, E'\t', 3), site_key = v_to FROM standing s
     WHERE w.subject = p_id AND s.domain = 'CONSENT' AND s.record = w.n::text
  )
  UPDATE phi.sealed_records f SET fields = s.fields, site_key = v_to FROM standing s
   WHERE f.subject = p_id AND f.domain = s.domain AND f.record = s.record AND f.version = s.version;
END $$;

CREATE OR REPLACE FUNCTION phi.assert_moved() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_sealed text := 'sp1.' || NEW.id || '-' || NEW.key_version || '.';
BEGIN
  IF EXISTS (SELECT 1 FROM phi.sealed_records f WHERE f.subject = NEW.id AND f.site_key <> NEW.site_key)
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = NEW.id AND w.site_key <> NEW.site_key) THEN
    RAISE EXCEPTION 'not all was given' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM phi.sealed_records f, string_to_table(f.fields, E'\n') AS line
              WHERE f.subject = NEW.id AND NOT starts_with(split_part(line, E'\t', 3), v_sealed))
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = NEW.id AND NOT starts_with(w.sealed, v_sealed)) THEN
    RAISE EXCEPTION 'not sealed for the new place' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

-- As in 0014. Records come one after the other with a form feed between them, each with a line of its own (domain, record, version, position) before
-- its fields; where names are given, with those of its fields alone, and not at all if it has none of them.
CREATE OR REPLACE FUNCTION phi.open_subjects(p_openings text)
  RETURNS TABLE (n integer, study text, site text, label text, wrapped text, key_version integer, withdrawn_at_ms bigint, fields text, domains text)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  o record;
BEGIN
  FOR o IN SELECT * FROM json_to_recordset(p_openings::json)
           AS x (n integer, sites text, action text, id text, names text, domain text, record text, "afterPosition" integer, "afterRecord" text, most integer) LOOP
    PERFORM set_config('sallyport.sites', o.sites, true), set_config('sallyport.action', o.action, true);
    RETURN QUERY
      SELECT o.n, s.study, s.site, s.label, s.wrapped, s.key_version,
        (SELECT CASE w.act WHEN 'withdrawn' THEN w.at_ms END FROM phi.withdrawals w WHERE w.subject = s.id ORDER BY w.n DESC LIMIT 1),
        (SELECT string_agg(concat_ws(E'\t', c.domain, c.record, c.version, c.position) || E'\n' || c.fields, E'\f' ORDER BY c.domain, c.position, c.record COLLATE "C")
           FROM (SELECT cur.domain, cur.record, cur.version, cur.position,
                        CASE WHEN o.names IS NULL THEN f.fields ELSE
                          (SELECT string_agg(l.line, E'\n' ORDER BY l.at) FROM string_to_table(f.fields, E'\n') WITH ORDINALITY AS l (line, at)
                            WHERE cur.domain || '.' || split_part(l.line, E'\t', 1) = ANY (string_to_array(o.names, E'\n'))) END AS fields
                   FROM (SELECT DISTINCT ON (r.domain, r.record) r.domain, r.record, r.version, r.position FROM phi.records r
                          WHERE r.subject = o.id AND (o.domain IS NULL OR r.domain = o.domain) AND (o.record IS NULL OR r.record = o.record)
                          ORDER BY r.domain, r.record, r.version DESC) cur
                   JOIN phi.sealed_records f ON f.subject = o.id AND f.domain = cur.domain AND f.record = cur.record AND f.version = cur.version
                  WHERE o."afterRecord" IS NULL OR (cur.position, cur.record COLLATE "C") > (o."afterPosition", o."afterRecord" COLLATE "C")
                  ORDER BY cur.domain, cur.position, cur.record COLLATE "C" LIMIT o.most) c
          WHERE c.fields IS NOT NULL),
        CASE WHEN o.domain IS NULL THEN NULL ELSE
          (SELECT string_agg(concat_ws(E'\t', d.domain, d.records), E'\n' ORDER BY d.domain)
             FROM (SELECT r.domain, count(*) AS records FROM phi.records r WHERE r.subject = o.id AND r.version = 1 GROUP BY r.domain) d) END
      FROM phi.subjects s
      WHERE s.id = o.id AND s.site_key = ANY (string_to_array(o.sites, E'\n'));
  END LOOP;
END $$;

GRANT EXECUTE ON FUNCTION phi.transfer_records(text, text) TO sallyport_api;

-- What a release asks for is looked up one by one, by its key, and lists are made once a call: with a table that looks small, or stale counts of it, the
-- planner otherwise goes through a whole study and makes the list anew for each of its rows.
CREATE OR REPLACE FUNCTION phi.sites_of_lookups(p_study text, p_lookups text) RETURNS TABLE (lookup text, site text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT s.lookup, s.site FROM string_to_table(p_lookups, E'\n') AS asked (lookup)
     JOIN LATERAL (SELECT f.lookup, f.site FROM phi.subjects f WHERE f.study = p_study AND f.lookup = asked.lookup LIMIT 1) s ON true $$;

CREATE OR REPLACE FUNCTION phi.lock_subjects(p_ids text) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_ids   text[] := string_to_array(p_ids, E'\n');
  v_sites text[] := boundary.granted_sites();
BEGIN
  IF boundary.granted_action() NOT IN ('packet.release', 'subject.withdraw') THEN
    RETURN;
  END IF;
  PERFORM 1 FROM phi.subjects s WHERE s.id = ANY (v_ids) AND s.site_key = ANY (v_sites) ORDER BY s.id FOR NO KEY UPDATE;
END $$;
