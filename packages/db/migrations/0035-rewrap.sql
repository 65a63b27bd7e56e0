-- Data keys are wrapped anew under another key-encryption key (ADR 0053): by functions of the owner's, which change a wrapping and nothing else.

-- The key-encryption key that a wrapped key names.
CREATE FUNCTION boundary.kek_of(p_wrapped text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS
$$ SELECT split_part(p_wrapped, '.', 2) $$;
GRANT EXECUTE ON FUNCTION boundary.kek_of(text) TO sallyport_api;

CREATE INDEX subjects_by_kek ON phi.subjects (boundary.kek_of(wrapped), id COLLATE "C");
CREATE INDEX transfers_by_kek ON phi.transfers (boundary.kek_of(wrapped), subject COLLATE "C", n);
CREATE INDEX packets_by_kek ON ingress.packets (boundary.kek_of(wrapped), id COLLATE "C");

-- What stands beside the wrapping stays as it is.
CREATE FUNCTION boundary.only_wrapping() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF to_jsonb(NEW) - 'wrapped' <> to_jsonb(OLD) - 'wrapped' THEN
    RAISE EXCEPTION 'only the wrapping changes' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- A transfer is kept for good; the data key of the place that was left is wrapped anew like any other.
DROP TRIGGER append_only ON phi.transfers;
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON phi.transfers FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.transfers ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER only_wrapping BEFORE UPDATE ON phi.transfers FOR EACH ROW EXECUTE FUNCTION boundary.only_wrapping();
ALTER TABLE phi.transfers ENABLE ALWAYS TRIGGER only_wrapping;
CREATE TRIGGER only_wrapping BEFORE UPDATE ON phi.reference_keys FOR EACH ROW EXECUTE FUNCTION boundary.only_wrapping();
ALTER TABLE phi.reference_keys ENABLE ALWAYS TRIGGER only_wrapping;

-- A packet that was decided is wrapped anew, too; whatever else changes goes the one way.
DROP TRIGGER decide_once ON ingress.packets;
CREATE TRIGGER decide_once BEFORE UPDATE ON ingress.packets FOR EACH ROW
  WHEN (OLD.wrapped IS NOT DISTINCT FROM NEW.wrapped) EXECUTE FUNCTION ingress.decide_once();
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER decide_once;
CREATE TRIGGER only_wrapping BEFORE UPDATE ON ingress.packets FOR EACH ROW
  WHEN (OLD.wrapped IS DISTINCT FROM NEW.wrapped) EXECUTE FUNCTION boundary.only_wrapping();
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER only_wrapping;
DROP TRIGGER list_sites ON ingress.packets;
CREATE TRIGGER list_sites AFTER UPDATE ON ingress.packets FOR EACH ROW
  WHEN (OLD.wrapped IS NOT DISTINCT FROM NEW.wrapped) EXECUTE FUNCTION ingress.list_sites();
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER list_sites;

-- A subject whose wrapping alone changes hasn't moved: its fields needn't be gone through.
DROP TRIGGER moved ON phi.subjects;
CREATE CONSTRAINT TRIGGER moved AFTER UPDATE ON phi.subjects DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.study, OLD.site, OLD.key_version) IS DISTINCT FROM (NEW.study, NEW.site, NEW.key_version)) EXECUTE FUNCTION phi.assert_moved();
ALTER TABLE phi.subjects ENABLE ALWAYS TRIGGER moved;

-- For the functions here alone.
CREATE POLICY rewrap ON phi.transfers FOR UPDATE TO sallyport_owner USING (true);
CREATE POLICY rewrap ON ingress.packets FOR UPDATE TO sallyport_owner USING (true);

-- One job from each key-encryption key to the next: which node is at it, and how far it came. What is left to do is the wrapped keys themselves.
CREATE TABLE phi.rewraps (
  from_kek text NOT NULL,
  to_kek   text NOT NULL CHECK (to_kek <> from_kek),
  node     text NOT NULL,
  -- A node that is ended in the middle keeps the job from others for so long.
  until    timestamptz NOT NULL,
  began_at timestamptz NOT NULL DEFAULT now(),
  moved    bigint NOT NULL DEFAULT 0,
  -- Of the last time through: those that don't open.
  stuck    bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (from_kek, to_kek)
);
GRANT SELECT ON phi.rewraps TO sallyport_api;

CREATE FUNCTION phi.assert_rewrapping() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF boundary.granted_action() <> 'keys.rotate' THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
END $$;

-- Takes the job for a node, or keeps it, for half a minute; false while another has it.
CREATE FUNCTION phi.take_rewrap(p_from text, p_to text, p_node text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM phi.assert_rewrapping();
  INSERT INTO phi.rewraps AS r (from_kek, to_kek, node, until) VALUES (p_from, p_to, p_node, now() + interval '30 seconds')
    ON CONFLICT (from_kek, to_kek) DO UPDATE SET node = p_node, until = now() + interval '30 seconds' WHERE r.node = p_node OR r.until < now();
  RETURN FOUND;
END $$;

-- Says how many didn't open the last time through, and lets go of the job.
CREATE FUNCTION phi.end_rewrap(p_from text, p_to text, p_node text, p_stuck bigint) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM phi.assert_rewrapping();
  UPDATE phi.rewraps r SET stuck = p_stuck, until = now() WHERE r.from_kek = p_from AND r.to_kek = p_to AND r.node = p_node;
END $$;

-- The next wrapped keys that name a key-encryption key, in their order, after a place in it: packets', then reference keys, then subjects', then those that
-- transfers keep; of one kind at a time, so that each answer is one look at one index (which is named whole: behind row security,
-- an index whose first column is compared isn't known to be in the order of its second). What each belongs to is what it was wrapped for.
CREATE FUNCTION phi.wrapped_under(p_kek text, p_after text, p_limit integer)
  RETURNS TABLE (place text, purpose text, id text, study text, site text, wrapped text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_kind text := split_part(p_after, ' ', 1);
  v_id   text := split_part(p_after, ' ', 2);
BEGIN
  PERFORM phi.assert_rewrapping();
  IF v_kind IN ('', 'packet') THEN
    RETURN QUERY SELECT 'packet ' || p.id, 'packet', p.id, p.study, '-', p.wrapped FROM ingress.packets p
      WHERE boundary.kek_of(p.wrapped) = p_kek AND p.id COLLATE "C" > v_id ORDER BY boundary.kek_of(p.wrapped), p.id COLLATE "C" LIMIT p_limit;
    IF FOUND THEN RETURN; END IF;
    v_id := '';
  END IF;
  IF v_kind IN ('', 'packet', 'reference') THEN
    RETURN QUERY SELECT 'reference ' || k.id, 'reference', k.id, '-', '-', k.wrapped FROM phi.reference_keys k
      WHERE boundary.kek_of(k.wrapped) = p_kek AND k.id COLLATE "C" > v_id ORDER BY k.id COLLATE "C" LIMIT p_limit;
    IF FOUND THEN RETURN; END IF;
    v_id := '';
  END IF;
  IF v_kind <> 'transfer' THEN
    RETURN QUERY SELECT 'subject ' || s.id, 'subject', s.id, s.study, s.site, s.wrapped FROM phi.subjects s
      WHERE boundary.kek_of(s.wrapped) = p_kek AND s.id COLLATE "C" > v_id ORDER BY boundary.kek_of(s.wrapped), s.id COLLATE "C" LIMIT p_limit;
    IF FOUND THEN RETURN; END IF;
    v_id := '';
  END IF;
  RETURN QUERY SELECT 'transfer ' || t.subject || ' ' || t.n, 'subject', t.subject, split_part(t.from_key, '/', 1), split_part(t.from_key, '/', 2), t.wrapped FROM phi.transfers t
    WHERE boundary.kek_of(t.wrapped) = p_kek AND (t.subject COLLATE "C", t.n) > (v_id, CASE v_kind WHEN 'transfer' THEN split_part(p_after, ' ', 3)::integer ELSE 0 END)
    ORDER BY boundary.kek_of(t.wrapped), t.subject COLLATE "C", t.n LIMIT p_limit;
END $$;

-- Puts new wrappings in the place of those that were read, where they still stand; what another act holds now is left for the next time through.
-- p_keys is a JSON list of {place, was, now}. Answers how many were changed.
CREATE FUNCTION phi.rewrap(p_from text, p_to text, p_keys text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_moved bigint := 0;
  v_n     bigint;
BEGIN
  PERFORM phi.assert_rewrapping();
  IF EXISTS (SELECT 1 FROM json_to_recordset(p_keys::json) AS k (was text, now text) WHERE boundary.kek_of(k.was) <> p_from OR boundary.kek_of(k.now) <> p_to) THEN
    RAISE EXCEPTION 'another key' USING ERRCODE = 'insufficient_privilege';
  END IF;
  WITH k AS MATERIALIZED (
    SELECT s.id, g.was, g.now FROM json_to_recordset(p_keys::json) AS g (place text, was text, now text)
      JOIN phi.subjects s ON s.id = substr(g.place, 9)
     WHERE g.place LIKE 'subject %' AND s.wrapped = g.was ORDER BY s.id FOR NO KEY UPDATE OF s SKIP LOCKED)
  UPDATE phi.subjects s SET wrapped = k.now FROM k WHERE s.id = k.id AND s.wrapped = k.was;
  GET DIAGNOSTICS v_n = ROW_COUNT;
  v_moved := v_moved + v_n;
  WITH k AS MATERIALIZED (
    SELECT p.id, g.was, g.now FROM json_to_recordset(p_keys::json) AS g (place text, was text, now text)
      JOIN ingress.packets p ON p.id = substr(g.place, 8)
     WHERE g.place LIKE 'packet %' AND p.wrapped = g.was ORDER BY p.id FOR NO KEY UPDATE OF p SKIP LOCKED)
  UPDATE ingress.packets p SET wrapped = k.now FROM k WHERE p.id = k.id AND p.wrapped = k.was;
  GET DIAGNOSTICS v_n = ROW_COUNT;
  v_moved := v_moved + v_n;
  UPDATE phi.transfers t SET wrapped = g.now FROM json_to_recordset(p_keys::json) AS g (place text, was text, now text)
    WHERE g.place LIKE 'transfer %' AND t.subject = split_part(g.place, ' ', 2) AND t.n = split_part(g.place, ' ', 3)::integer AND t.wrapped = g.was;
  GET DIAGNOSTICS v_n = ROW_COUNT;
  v_moved := v_moved + v_n;
  UPDATE phi.reference_keys r SET wrapped = g.now FROM json_to_recordset(p_keys::json) AS g (place text, was text, now text)
    WHERE g.place LIKE 'reference %' AND r.id = substr(g.place, 11) AND r.wrapped = g.was;
  GET DIAGNOSTICS v_n = ROW_COUNT;
  v_moved := v_moved + v_n;
  UPDATE phi.rewraps r SET moved = r.moved + v_moved WHERE r.from_kek = p_from AND r.to_kek = p_to;
  RETURN v_moved;
END $$;

-- How many data keys each key-encryption key wraps: what may be retired rests on it, so the custodian counts by itself.
CREATE FUNCTION phi.wraps() RETURNS TABLE (kek text, keys bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
  SELECT u.kek, sum(u.n)::bigint FROM (
    SELECT boundary.kek_of(s.wrapped) AS kek, count(*) AS n FROM phi.subjects s GROUP BY 1
    UNION ALL SELECT boundary.kek_of(t.wrapped), count(*) FROM phi.transfers t GROUP BY 1
    UNION ALL SELECT boundary.kek_of(p.wrapped), count(*) FROM ingress.packets p GROUP BY 1
    UNION ALL SELECT boundary.kek_of(k.wrapped), count(*) FROM phi.reference_keys k GROUP BY 1
  ) u GROUP BY u.kek
$$;

GRANT EXECUTE ON FUNCTION phi.wraps() TO sallyport_custodian;
GRANT EXECUTE ON FUNCTION phi.take_rewrap(text, text, text), phi.end_rewrap(text, text, text, bigint), phi.wrapped_under(text, text, integer),
  phi.rewrap(text, text, text) TO sallyport_api;
