-- What is done to a subject as a whole: a record's history is read, consent is withdrawn, the subject moves to another site.

-- Who released a packet under which request: a history leads to the act, and the act to its sealed reason.
ALTER TABLE ingress.packets ADD COLUMN decided_request text CHECK (length(decided_request) BETWEEN 1 AND 64);
GRANT UPDATE (decided_request) ON ingress.packets TO sallyport_api;

-- The names of the variables in which a version differs from the one before it. Null for a record's first version, and where nobody noted it.
ALTER TABLE phi.records ADD COLUMN changed text CHECK (changed ~ '^[A-Za-z0-9_]{1,64}(,[A-Za-z0-9_]{1,64})*$');
-- The subject's own word for consent stands where a domain does, in what fields are bound to; no dataset may have it.
ALTER TABLE phi.records ADD CONSTRAINT records_domain_free CHECK (domain <> 'CONSENT');

-- Each place that a subject comes to has a data key of its own; sealed values name it by this number.
ALTER TABLE phi.subjects ADD COLUMN key_version integer NOT NULL DEFAULT 1 CHECK (key_version >= 1);

-- A subject moves with all its rows: the keys that hold them at one place are looked at when the last of them has moved.
ALTER TABLE phi.records ALTER CONSTRAINT records_subject_site_key_fkey DEFERRABLE INITIALLY IMMEDIATE;

-- A request for approval stays where it was made, also when its subject moves on.
ALTER TABLE approvals.requests DROP CONSTRAINT requests_subject_site_key_fkey;
ALTER TABLE approvals.requests ADD FOREIGN KEY (subject) REFERENCES phi.subjects (id);
CREATE FUNCTION approvals.subject_at_site() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.subject IS NOT NULL AND NOT EXISTS (SELECT 1 FROM phi.subjects s WHERE s.id = NEW.subject AND s.site_key = NEW.site_key) THEN
    RAISE EXCEPTION 'the subject is not at this site' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER subject_at_site BEFORE INSERT ON approvals.requests FOR EACH ROW EXECUTE FUNCTION approvals.subject_at_site();
ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER subject_at_site;

-- Withdrawals of consent, and the acts that take one back because it was recorded in error. The last one holds; none is ever erased.
CREATE TABLE phi.withdrawals (
  subject    text NOT NULL,
  n          integer NOT NULL CHECK (n >= 1),
  act        text NOT NULL CHECK (act IN ('withdrawn', 'recorded_in_error')),
  -- From when: a date of a person's, sealed as their fields are (field CONSENT.FROM.<n>).
  sealed     text CHECK (sealed ~ '^sp1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'),
  reason     text NOT NULL UNIQUE REFERENCES audit.changes (id),
  principal  text NOT NULL REFERENCES policy.principals (id),
  request_id text NOT NULL,
  at_ms      bigint NOT NULL,
  site_key   text NOT NULL,
  PRIMARY KEY (subject, n),
  CONSTRAINT withdrawals_subject_site_key_fkey FOREIGN KEY (subject, site_key) REFERENCES phi.subjects (id, site_key) DEFERRABLE INITIALLY IMMEDIATE,
  -- One after the other: what is taken back is a withdrawal, and what is withdrawn was not withdrawn before.
  CHECK ((act = 'withdrawn') = (n % 2 = 1)),
  CHECK ((act = 'withdrawn') = (sealed IS NOT NULL))
);

-- Moves between sites. Kept with each: the data key of the place that was left, as it was wrapped for it.
CREATE TABLE phi.transfers (
  subject     text NOT NULL REFERENCES phi.subjects (id),
  n           integer NOT NULL CHECK (n >= 1),
  from_key    text NOT NULL REFERENCES regulatory.sites (site_key),
  to_key      text NOT NULL REFERENCES regulatory.sites (site_key),
  key_version integer NOT NULL,
  wrapped     text NOT NULL,
  reason      text NOT NULL UNIQUE REFERENCES audit.changes (id),
  principal   text NOT NULL REFERENCES policy.principals (id),
  request_id  text NOT NULL,
  at_ms       bigint NOT NULL,
  PRIMARY KEY (subject, n),
  CHECK (from_key <> to_key AND split_part(from_key, '/', 1) = split_part(to_key, '/', 1))
);

-- The ciphertexts of the places that were left, exactly as they stood: nobody's role reads them. Its rows are written by transfer_fields alone,
-- under a transfer that it has just looked up: a key to the transfer cost more than the row.
CREATE TABLE phi.past_fields (
  subject  text NOT NULL,
  transfer integer NOT NULL,
  domain   text NOT NULL,
  record   text NOT NULL,
  version  integer NOT NULL,
  name     text NOT NULL,
  sealed   text NOT NULL,
  PRIMARY KEY (subject, transfer, domain, record, version, name)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.transfers FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.past_fields FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.transfers ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE phi.past_fields ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE phi.withdrawals ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.withdrawals FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.transfers ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.transfers FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.past_fields ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.past_fields FORCE ROW LEVEL SECURITY;

CREATE POLICY within_sites ON phi.withdrawals FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY withdraw ON phi.withdrawals FOR INSERT TO sallyport_api
  WITH CHECK (site_key = ANY ((SELECT boundary.granted_sites())::text[]) AND (SELECT boundary.granted_action()) = 'subject.withdraw');
-- Where a subject was before is told where it is now.
CREATE POLICY of_subjects ON phi.transfers FOR SELECT TO sallyport_api USING (EXISTS (SELECT 1 FROM phi.subjects s WHERE s.id = subject));

-- For the functions here alone, which are the owner's. The owner never logs in.
CREATE POLICY move ON phi.subjects FOR UPDATE TO sallyport_owner USING (true);
CREATE POLICY locate ON phi.records FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY move ON phi.records FOR UPDATE TO sallyport_owner USING (true);
CREATE POLICY locate ON phi.fields FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY move ON phi.fields FOR UPDATE TO sallyport_owner USING (true);
CREATE POLICY locate ON phi.withdrawals FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY move ON phi.withdrawals FOR UPDATE TO sallyport_owner USING (true);
CREATE POLICY locate ON phi.transfers FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY move ON phi.transfers FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY keep ON phi.past_fields FOR INSERT TO sallyport_owner WITH CHECK (true);

-- Locks subjects against each other's acts: the api's role has no right to change a row of theirs, and so none to lock one.
-- A release, a withdrawal and a transfer of one subject come one after the other.
CREATE FUNCTION phi.lock_subjects(p_ids text) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM phi.subjects s
    WHERE s.id = ANY (string_to_array(p_ids, E'\n')) AND s.site_key = ANY (boundary.granted_sites())
      AND boundary.granted_action() IN ('packet.release', 'subject.withdraw')
    ORDER BY s.id FOR NO KEY UPDATE;
END $$;

-- A transfer goes in pieces: a subject may have tens of thousands of fields, and no statement of a crossing takes seconds.

-- Begins to move one subject to another site of its study; answers false, with nothing done, where it is no longer where the caller found it.
-- Its records go along; its fields and the days of its withdrawals are given to transfer_fields, all of them, before the transaction ends.
CREATE FUNCTION phi.transfer_subject(p_id text, p_from text, p_to text, p_wrapped text, p_reason text, p_principal text, p_request text, p_at_ms bigint)
  RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_subject phi.subjects%ROWTYPE;
BEGIN
  IF boundary.granted_action() <> 'subject.transfer' OR NOT ARRAY[p_from, p_to] <@ boundary.granted_sites() THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT s.* INTO v_subject FROM phi.subjects s WHERE s.id = p_id FOR UPDATE;
  IF NOT FOUND OR v_subject.site_key <> p_from THEN
    RETURN false;
  END IF;
  IF split_part(p_to, '/', 1) <> v_subject.study THEN
    RAISE EXCEPTION 'another study' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO phi.transfers (subject, n, from_key, to_key, key_version, wrapped, reason, principal, request_id, at_ms)
    VALUES (p_id, v_subject.key_version, p_from, p_to, v_subject.key_version, v_subject.wrapped, p_reason, p_principal, p_request, p_at_ms);
  SET CONSTRAINTS phi.records_subject_site_key_fkey, phi.withdrawals_subject_site_key_fkey DEFERRED;
  UPDATE phi.subjects s SET site = split_part(p_to, '/', 2), wrapped = p_wrapped, key_version = v_subject.key_version + 1 WHERE s.id = p_id;
  UPDATE phi.records r SET site_key = p_to WHERE r.subject = p_id;
  UPDATE phi.withdrawals w SET site_key = p_to WHERE w.subject = p_id AND w.sealed IS NULL;
  RETURN true;
END $$;

-- Moves fields of a subject that is being moved, and puts aside what stood. p_fields is a JSON list of {domain, record, version, name, sealed}.
-- It takes only what stands elsewhere than its subject, and outside of a transfer nothing does.
CREATE FUNCTION phi.transfer_fields(p_id text, p_fields text) RETURNS void
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
    SELECT m.domain, m.record, m.version, m.name, m.sealed
      FROM json_to_recordset(p_fields::json) AS m (domain text, record text, version integer, name text, sealed text)
  ), standing AS MATERIALIZED (
    SELECT f.domain, f.record, f.version, f.name, f.sealed AS past, g.sealed
      FROM given g JOIN phi.fields f ON f.subject = p_id AND f.domain = g.domain AND f.record = g.record AND f.version = g.version AND f.name = g.name
     WHERE f.site_key <> v_to AND f.site_key = ANY (v_sites)
    UNION ALL
    SELECT g.domain, g.record, g.version, g.name, w.sealed, g.sealed
      FROM given g JOIN phi.withdrawals w ON w.subject = p_id AND g.domain = 'CONSENT' AND g.name = 'FROM' AND g.version = 1 AND g.record = w.n::text
     WHERE w.sealed IS NOT NULL AND w.site_key <> v_to AND w.site_key = ANY (v_sites)
  ), kept AS (
    INSERT INTO phi.past_fields (subject, transfer, domain, record, version, name, sealed)
      SELECT p_id, v_transfer, s.domain, s.record, s.version, s.name, s.past FROM standing s
  ), days AS (
    UPDATE phi.withdrawals w SET sealed = s.sealed, site_key = v_to FROM standing s
     WHERE w.subject = p_id AND s.domain = 'CONSENT' AND s.record = w.n::text
  )
  UPDATE phi.fields f SET sealed = s.sealed, site_key = v_to FROM standing s
   WHERE f.subject = p_id AND f.domain = s.domain AND f.record = s.record AND f.version = s.version AND f.name = s.name;
END $$;

-- A subject that has moved has everything with it, sealed under the key that it came with: looked at when the transaction ends, or when it is
-- asked for. Nothing is moved in part, whatever was called.
CREATE FUNCTION phi.assert_moved() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_sealed text := 'sp1.' || NEW.id || '-' || NEW.key_version || '.';
BEGIN
  IF EXISTS (SELECT 1 FROM phi.fields f WHERE f.subject = NEW.id AND f.site_key <> NEW.site_key)
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = NEW.id AND w.site_key <> NEW.site_key) THEN
    RAISE EXCEPTION 'not all was given' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM phi.fields f WHERE f.subject = NEW.id AND NOT starts_with(f.sealed, v_sealed))
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = NEW.id AND NOT starts_with(w.sealed, v_sealed)) THEN
    RAISE EXCEPTION 'not sealed for the new place' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER moved AFTER UPDATE ON phi.subjects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION phi.assert_moved();
ALTER TABLE phi.subjects ENABLE ALWAYS TRIGGER moved;

-- Who released the packets behind a subject's records, and under which request; of what the crossing's sites have, and nothing else of a packet.
CREATE FUNCTION phi.releases_of(p_subject text) RETURNS TABLE (packet text, decided_by text, decided_at_ms bigint, decided_request text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT p.id, p.decided_by, p.decided_at_ms, p.decided_request
    FROM ingress.packets p
   WHERE p.id IN (SELECT r.packet FROM phi.records r WHERE r.subject = p_subject AND r.site_key = ANY (boundary.granted_sites()))
$$;

-- As in 0005, with the number of the data key and when it was recorded that consent is withdrawn (null where it isn't); and of one domain, one
-- record, or one page of records. `domains` counts the current records of each, where a domain is asked for.
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

GRANT SELECT, INSERT ON phi.withdrawals TO sallyport_api;
GRANT SELECT (subject, n, from_key, to_key, principal, request_id, at_ms) ON phi.transfers TO sallyport_api;
GRANT EXECUTE ON FUNCTION phi.lock_subjects(text), phi.releases_of(text), phi.open_subjects(text),
  phi.transfer_subject(text, text, text, text, text, text, text, bigint), phi.transfer_fields(text, text) TO sallyport_api;
