-- Every domain of a study, and packets of several files.

CREATE TABLE ingress.packet_files (
  packet    text NOT NULL REFERENCES ingress.packets (id),
  n         integer NOT NULL CHECK (n BETWEEN 1 AND 20),
  dataset   text NOT NULL,
  format    text NOT NULL,
  row_count integer NOT NULL CHECK (row_count >= 0),
  bytes     bigint NOT NULL CHECK (bytes >= 0),
  PRIMARY KEY (packet, n)
);
INSERT INTO ingress.packet_files (packet, n, dataset, format, row_count, bytes)
  SELECT id, 1, dataset, format, row_count, bytes FROM ingress.packets;

ALTER TABLE ingress.packet_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.packet_files FORCE ROW LEVEL SECURITY;
CREATE POLICY of_packet ON ingress.packet_files FOR SELECT TO sallyport_api
  USING (EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet));
CREATE POLICY upload ON ingress.packet_files FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'packet.upload' AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet));
GRANT SELECT, INSERT ON ingress.packet_files TO sallyport_api;

ALTER TABLE ingress.packet_chunks ADD COLUMN file integer NOT NULL DEFAULT 1 CHECK (file BETWEEN 1 AND 20);
ALTER TABLE ingress.packet_chunks DROP CONSTRAINT packet_chunks_pkey, ADD PRIMARY KEY (packet, file, n);

-- What was counted at a release before there were other domains than DM: one record a subject.
ALTER TABLE ingress.packets DISABLE TRIGGER decide_once;
ALTER TABLE ingress.packets NO FORCE ROW LEVEL SECURITY;
UPDATE ingress.packets
   SET outcome = json_build_object('subjects', outcome, 'records',
         json_build_object('created', outcome -> 'created', 'updated', outcome -> 'updated', 'unchanged', outcome -> 'unchanged', 'absent', 0))
 WHERE outcome IS NOT NULL;
ALTER TABLE ingress.packets FORCE ROW LEVEL SECURITY;
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER decide_once;

-- By which variables a subject's records of a domain are told apart, kept at its first release; none where it has one. No value is in it.
CREATE TABLE phi.record_keys (
  study     text NOT NULL REFERENCES regulatory.studies (id),
  domain    text NOT NULL CHECK (domain ~ '^[A-Z][A-Z0-9]{1,7}$'),
  variables text NOT NULL CHECK (variables ~ '^([A-Z][A-Z0-9_]{0,15}(,[A-Z][A-Z0-9_]{0,15})*)?$'),
  packet    text NOT NULL REFERENCES ingress.packets (id),
  PRIMARY KEY (study, domain)
);
GRANT SELECT, INSERT ON phi.record_keys TO sallyport_api;

-- `1` where a subject has one record, else a keyed digest of what identifies it: no value stands in a key of ours.
ALTER TABLE phi.records
  DROP CONSTRAINT records_record_check,
  ADD CONSTRAINT records_record_check CHECK (record ~ '^(1|[0-9a-hjkmnp-tv-z]{26})$'),
  -- The row of the file that made this version: the order in which a person reads them.
  ADD COLUMN position integer NOT NULL DEFAULT 1 CHECK (position >= 1);
CREATE INDEX records_by_domain ON phi.records (site_key, domain) WHERE version = 1;

-- Two foreign keys a field were nine tenths of what writing a field cost: each takes a row lock. Neither subjects nor records are ever
-- deleted, so it is enough to look once a statement whether each new field has its record, at the same site.
ALTER TABLE phi.fields DROP CONSTRAINT fields_subject_domain_record_version_fkey, DROP CONSTRAINT fields_subject_site_key_fkey;
CREATE FUNCTION phi.assert_recorded() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM (SELECT DISTINCT a.subject, a.domain, a.record, a.version, a.site_key FROM added a) f
              WHERE NOT EXISTS (SELECT 1 FROM phi.records r
                                 WHERE r.subject = f.subject AND r.domain = f.domain AND r.record = f.record AND r.version = f.version AND r.site_key = f.site_key)) THEN
    RAISE EXCEPTION 'a field without its record' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER recorded AFTER INSERT ON phi.fields REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION phi.assert_recorded();
ALTER TABLE phi.fields ENABLE ALWAYS TRIGGER recorded;

-- As in 0012; that every field has moved is looked at here, where its key did it.
CREATE OR REPLACE FUNCTION phi.transfer_subject(p_id text, p_from text, p_to text, p_wrapped text, p_fields text, p_reason text, p_principal text, p_request text, p_at_ms bigint)
  RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_subject phi.subjects%ROWTYPE;
  v_n       integer;
  v_sealed  text;
BEGIN
  IF boundary.granted_action() <> 'subject.transfer' OR NOT ARRAY[p_from, p_to] <@ boundary.granted_sites() THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT s.* INTO v_subject FROM phi.subjects s WHERE s.id = p_id FOR UPDATE;
  IF NOT FOUND OR v_subject.site_key <> p_from THEN
    RETURN false;
  END IF;
  v_n := 1 + (SELECT count(*) FROM phi.transfers t WHERE t.subject = p_id);
  v_sealed := 'sp1.' || p_id || '-' || (v_subject.key_version + 1) || '.';

  INSERT INTO phi.transfers (subject, n, from_key, to_key, key_version, wrapped, reason, principal, request_id, at_ms)
    VALUES (p_id, v_n, p_from, p_to, v_subject.key_version, v_subject.wrapped, p_reason, p_principal, p_request, p_at_ms);
  INSERT INTO phi.past_fields (subject, transfer, domain, record, version, name, sealed)
    SELECT p_id, v_n, f.domain, f.record, f.version, f.name, f.sealed FROM phi.fields f WHERE f.subject = p_id
    UNION ALL
    SELECT p_id, v_n, 'CONSENT', w.n::text, 1, 'FROM', w.sealed FROM phi.withdrawals w WHERE w.subject = p_id AND w.sealed IS NOT NULL;

  SET CONSTRAINTS phi.records_subject_site_key_fkey, phi.withdrawals_subject_site_key_fkey DEFERRED;
  UPDATE phi.subjects s SET site = split_part(p_to, '/', 2), wrapped = p_wrapped, key_version = v_subject.key_version + 1 WHERE s.id = p_id;
  UPDATE phi.records r SET site_key = p_to WHERE r.subject = p_id;
  UPDATE phi.fields f SET sealed = m.sealed, site_key = p_to
    FROM json_to_recordset(p_fields::json) AS m (domain text, record text, version integer, name text, sealed text)
   WHERE f.subject = p_id AND f.domain = m.domain AND f.record = m.record AND f.version = m.version AND f.name = m.name;
  UPDATE phi.withdrawals w SET sealed = m.sealed, site_key = p_to
    FROM json_to_recordset(p_fields::json) AS m (domain text, record text, version integer, name text, sealed text)
   WHERE w.subject = p_id AND m.domain = 'CONSENT' AND m.name = 'FROM' AND m.version = 1 AND m.record = w.n::text;
  UPDATE phi.withdrawals w SET site_key = p_to WHERE w.subject = p_id AND w.sealed IS NULL;
  SET CONSTRAINTS phi.records_subject_site_key_fkey, phi.withdrawals_subject_site_key_fkey IMMEDIATE;

  IF EXISTS (SELECT 1 FROM phi.fields f WHERE f.subject = p_id AND f.site_key <> p_to) THEN
    RAISE EXCEPTION 'not all was given' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM phi.fields f WHERE f.subject = p_id AND NOT starts_with(f.sealed, v_sealed))
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = p_id AND NOT starts_with(w.sealed, v_sealed)) THEN
    RAISE EXCEPTION 'not sealed for the new place' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN true;
END $$;

-- An inspection opens what a release would open, and writes nothing.
ALTER POLICY open_for_release ON ingress.packet_chunks
  USING ((SELECT boundary.granted_action()) IN ('packet.release', 'packet.inspect') AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet));
ALTER POLICY within_sites ON phi.fields
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[])
         AND (SELECT boundary.granted_action()) IN ('subject.read', 'phi.read', 'phi.bulk_reveal', 'packet.release', 'packet.inspect', 'subject.transfer'));

-- Where the subjects behind these lookups belong: what a decision about rows that name no site rests on, before there is any grant.
CREATE FUNCTION phi.sites_of_lookups(p_study text, p_lookups text) RETURNS TABLE (lookup text, site text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT s.lookup, s.site FROM phi.subjects s WHERE s.study = p_study AND s.lookup = ANY (string_to_array(p_lookups, E'\n')) $$;
GRANT EXECUTE ON FUNCTION phi.sites_of_lookups(text, text) TO sallyport_api;

-- As in 0012, and of one domain, one record, or one page of records. `domains` counts the current records of each, where a domain is asked for.
DROP FUNCTION phi.open_subjects(text);
CREATE FUNCTION phi.open_subjects(p_openings text)
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
        (SELECT string_agg(concat_ws(E'\t', f.domain, f.record, f.version, f.name, f.classification, f.sealed, c.position), E'\n'
                           ORDER BY f.domain, c.position, f.record COLLATE "C", f.name)
           FROM (SELECT cur.domain, cur.record, cur.version, cur.position
                   FROM (SELECT DISTINCT ON (r.domain, r.record) r.domain, r.record, r.version, r.position FROM phi.records r
                          WHERE r.subject = o.id AND (o.domain IS NULL OR r.domain = o.domain) AND (o.record IS NULL OR r.record = o.record)
                          ORDER BY r.domain, r.record, r.version DESC) cur
                  WHERE o."afterRecord" IS NULL OR (cur.position, cur.record COLLATE "C") > (o."afterPosition", o."afterRecord" COLLATE "C")
                  ORDER BY cur.domain, cur.position, cur.record COLLATE "C" LIMIT o.most) c
           JOIN phi.fields f ON f.subject = o.id AND f.domain = c.domain AND f.record = c.record AND f.version = c.version
          WHERE o.names IS NULL OR f.domain || '.' || f.name = ANY (string_to_array(o.names, E'\n'))),
        CASE WHEN o.domain IS NULL THEN NULL ELSE
          (SELECT string_agg(concat_ws(E'\t', d.domain, d.records), E'\n' ORDER BY d.domain)
             FROM (SELECT r.domain, count(*) AS records FROM phi.records r WHERE r.subject = o.id AND r.version = 1 GROUP BY r.domain) d) END
      FROM phi.subjects s
      WHERE s.id = o.id AND s.site_key = ANY (string_to_array(o.sites, E'\n'));
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION phi.open_subjects(text) TO sallyport_api;
