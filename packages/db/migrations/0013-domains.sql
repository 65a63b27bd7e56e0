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
