-- A transfer in pieces: a subject may have tens of thousands of fields, and no statement of a crossing takes seconds. What 0013 looked at when its
-- one function ended is looked at when the transaction does, whoever wrote it.

DROP FUNCTION phi.transfer_subject(text, text, text, text, text, text, text, text, bigint);

-- Its rows are written by the function below alone, under a transfer that it has just looked up: a key a row cost more than the row.
ALTER TABLE phi.past_fields DROP CONSTRAINT past_fields_subject_transfer_fkey;

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

GRANT EXECUTE ON FUNCTION phi.transfer_subject(text, text, text, text, text, text, text, bigint), phi.transfer_fields(text, text) TO sallyport_api;
