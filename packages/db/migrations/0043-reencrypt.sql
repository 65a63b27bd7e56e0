-- Stored fields are sealed anew under another data key of their subject (ADR 0066): by functions of the owner's, subject by subject, each in one go.

-- Since when a subject has the data key that it has: what is older than a job is what the job has left to do.
ALTER TABLE phi.subjects ADD COLUMN key_since timestamptz NOT NULL DEFAULT now();
CREATE FUNCTION phi.date_key() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.key_since := now();
  RETURN NEW;
END $$;
CREATE TRIGGER date_key BEFORE UPDATE ON phi.subjects FOR EACH ROW WHEN (OLD.key_version <> NEW.key_version) EXECUTE FUNCTION phi.date_key();
ALTER TABLE phi.subjects ENABLE ALWAYS TRIGGER date_key;
CREATE INDEX subjects_by_key_age ON phi.subjects (study, id COLLATE "C") INCLUDE (key_since);

-- What was asked for: the subjects of a study, or one of them, whose data key is older than the job.
CREATE TABLE phi.reencryptions (
  id       text PRIMARY KEY CHECK (id ~ '^ren_[0-9a-hjkmnp-tv-z]{26}$'),
  study    text NOT NULL REFERENCES regulatory.studies (id),
  subject  text REFERENCES phi.subjects (id),
  began_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz,
  -- Which node is at it; one that is ended in the middle keeps the job from others for so long.
  node     text,
  until    timestamptz NOT NULL DEFAULT now(),
  subjects bigint NOT NULL,
  moved    bigint NOT NULL DEFAULT 0,
  fields   bigint NOT NULL DEFAULT 0,
  -- Of the last time through: subjects that don't open.
  stuck    bigint NOT NULL DEFAULT 0
);
CREATE INDEX reencryptions_open ON phi.reencryptions (began_at) WHERE ended_at IS NULL;
GRANT SELECT ON phi.reencryptions TO sallyport_api;

-- Begins a job; answers how many subjects it is about, or null where there is no such subject in this study.
CREATE FUNCTION phi.begin_reencryption(p_id text, p_study text, p_subject text) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_subjects bigint;
BEGIN
  PERFORM phi.assert_rewrapping();
  SELECT count(*) INTO v_subjects FROM phi.subjects s
    WHERE s.study = p_study AND s.wrapped <> 'shredded' AND (p_subject IS NULL OR s.id = p_subject);
  IF p_subject IS NOT NULL AND v_subjects = 0 THEN
    RETURN NULL;
  END IF;
  -- After every key that is there: by the clock and not by the transaction's beginning, so that one that waited for this is older.
  INSERT INTO phi.reencryptions (id, study, subject, began_at, subjects) VALUES (p_id, p_study, p_subject, clock_timestamp(), v_subjects);
  RETURN v_subjects;
END $$;

-- Takes a job for a node, or keeps it, for half a minute; false while another has it, or when it has ended.
CREATE FUNCTION phi.take_reencryption(p_id text, p_node text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM phi.assert_rewrapping();
  UPDATE phi.reencryptions j SET node = p_node, until = now() + interval '30 seconds'
    WHERE j.id = p_id AND j.ended_at IS NULL AND (j.node = p_node OR j.until < now());
  RETURN FOUND;
END $$;

-- Lets go of a job after a time through; it has ended where nothing is left but what doesn't open.
CREATE FUNCTION phi.end_reencryption(p_id text, p_node text, p_stuck bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_left bigint;
BEGIN
  PERFORM phi.assert_rewrapping();
  SELECT count(*) INTO v_left FROM phi.reencryptions j JOIN phi.subjects s ON s.study = j.study AND (j.subject IS NULL OR s.id = j.subject)
    WHERE j.id = p_id AND s.key_since < j.began_at AND s.wrapped <> 'shredded';
  UPDATE phi.reencryptions j SET stuck = p_stuck, until = now(), ended_at = CASE WHEN v_left <= p_stuck THEN now() END
    WHERE j.id = p_id AND j.node = p_node AND j.ended_at IS NULL;
  RETURN FOUND AND v_left <= p_stuck;
END $$;

-- The next subjects that a job has left, behind an id, with all that is sealed of each: so many that their versions of records are about p_versions, and one
-- at least. One statement, so a subject and what is sealed of it are of one moment. Records come one after the other with a form feed between them, each with a
-- line of its own (domain, record, version) before its fields; a day of consent is the field FROM of the record of its number.
CREATE FUNCTION phi.sealed_before(p_job text, p_after text, p_subjects integer, p_versions bigint)
  RETURNS TABLE (id text, study text, site text, wrapped text, key_version integer, fields text)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM phi.assert_rewrapping();
  RETURN QUERY
    WITH due AS MATERIALIZED (
      SELECT s.id, s.study, s.site, s.wrapped, s.key_version FROM phi.reencryptions j JOIN phi.subjects s ON s.study = j.study
       WHERE j.id = p_job AND (j.subject IS NULL OR s.id = j.subject) AND s.key_since < j.began_at AND s.wrapped <> 'shredded' AND s.id COLLATE "C" > p_after
       ORDER BY s.id COLLATE "C" LIMIT p_subjects
    ), sized AS (
      SELECT d.*, sum((SELECT count(*) FROM phi.sealed_records f WHERE f.subject = d.id)) OVER (ORDER BY d.id COLLATE "C" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ahead FROM due d)
    SELECT z.id, z.study, z.site, z.wrapped, z.key_version,
           concat_ws(E'\f',
             (SELECT string_agg(concat_ws(E'\t', f.domain, f.record, f.version) || E'\n' || f.fields, E'\f') FROM phi.sealed_records f WHERE f.subject = z.id),
             (SELECT string_agg(concat_ws(E'\t', 'CONSENT', w.n, 1) || E'\n' || concat_ws(E'\t', 'FROM', 'phi', w.sealed), E'\f') FROM phi.withdrawals w WHERE w.subject = z.id AND w.sealed IS NOT NULL))
      FROM sized z WHERE coalesce(z.ahead, 0) < p_versions ORDER BY z.id COLLATE "C";
END $$;

CREATE FUNCTION phi.lines_of(p_text text) RETURNS integer
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$ SELECT 1 + length(p_text) - length(replace(p_text, E'\n', '')) $$;

-- As in 0018, in a fraction of the time: a line has one sealed form, behind its second tab, so as many of this key as there are lines are all of them.
CREATE OR REPLACE FUNCTION phi.assert_moved() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_sealed text := 'sp1.' || NEW.id || '-' || NEW.key_version || '.';
BEGIN
  IF EXISTS (SELECT 1 FROM phi.sealed_records f WHERE f.subject = NEW.id AND f.site_key <> NEW.site_key)
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = NEW.id AND w.site_key <> NEW.site_key) THEN
    RAISE EXCEPTION 'not all was given' USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF EXISTS (SELECT 1 FROM phi.sealed_records f
              WHERE f.subject = NEW.id
                AND length(f.fields) - length(replace(f.fields, E'\t' || v_sealed, '')) <> phi.lines_of(f.fields) * (1 + length(v_sealed)))
     OR EXISTS (SELECT 1 FROM phi.withdrawals w WHERE w.subject = NEW.id AND NOT starts_with(w.sealed, v_sealed)) THEN
    RAISE EXCEPTION 'not sealed for the new place' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

-- Puts what was sealed anew in the place of what was read, of each subject that still has the key and the records that it was read with: all of it, or nothing
-- of that subject. Names and classifications stand inside of what is sealed: another one beside it wouldn't open. What another act holds, or has brought something to, is left for the next time through. p_subjects is a JSON list of {id, was, now, version,
-- records, days}, p_records one of {id, domain, record, version, fields}. Answers how many subjects that were, and how many fields.
CREATE FUNCTION phi.reencrypt(p_job text, p_subjects text, p_records text) RETURNS TABLE (moved bigint, fields bigint)
  -- What is given is joined by hashing: a list of thousands looks like a list of a few to the planner.
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_nestloop = off AS $$
DECLARE
  v_ids    text[];
  v_moved  bigint;
  v_fields bigint;
BEGIN
  PERFORM phi.assert_rewrapping();
  SELECT coalesce(array_agg(h.id), '{}') INTO v_ids FROM (
    SELECT s.id FROM json_to_recordset(p_subjects::json) AS g (id text, was text, version integer, records bigint, days bigint)
      JOIN phi.subjects s ON s.id = g.id JOIN phi.reencryptions j ON j.id = p_job AND j.study = s.study AND j.ended_at IS NULL
     WHERE s.wrapped = g.was AND s.key_version = g.version AND (j.subject IS NULL OR j.subject = s.id)
     ORDER BY s.id FOR UPDATE OF s SKIP LOCKED) h;
  -- Nothing comes to a subject that is held: what is there now is all that there is until the end.
  SELECT coalesce(array_agg(g.id), '{}') INTO v_ids FROM json_to_recordset(p_subjects::json) AS g (id text, records bigint, days bigint)
   WHERE g.id = ANY (v_ids)
     AND g.records = (SELECT count(*) FROM phi.sealed_records f WHERE f.subject = g.id)
     AND g.days = (SELECT count(*) FROM phi.withdrawals w WHERE w.subject = g.id AND w.sealed IS NOT NULL);
  UPDATE phi.subjects s SET wrapped = g.now, key_version = g.version + 1
    FROM json_to_recordset(p_subjects::json) AS g (id text, now text, version integer) WHERE s.id = g.id AND g.id = ANY (v_ids);
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  WITH given AS MATERIALIZED (
    SELECT r.id, r.domain, r.record, r.version, r.fields FROM json_to_recordset(p_records::json) AS r (id text, domain text, record text, version integer, fields text)
     WHERE r.id = ANY (v_ids)
  ), stored AS (
    UPDATE phi.sealed_records f SET fields = r.fields FROM given r
     WHERE f.subject = r.id AND f.domain = r.domain AND f.record = r.record AND f.version = r.version
    RETURNING phi.lines_of(f.fields) AS n
  ), days AS (
    UPDATE phi.withdrawals w SET sealed = split_part(r.fields, E'\t', 3) FROM given r WHERE w.subject = r.id AND r.domain = 'CONSENT' AND r.record = w.n::text
    RETURNING 1 AS n
  )
  SELECT coalesce(sum(u.n), 0) INTO v_fields FROM (SELECT n FROM stored UNION ALL SELECT n FROM days) u;
  UPDATE phi.reencryptions j SET moved = j.moved + v_moved, fields = j.fields + v_fields WHERE j.id = p_job;
  RETURN QUERY SELECT v_moved, v_fields;
END $$;

GRANT EXECUTE ON FUNCTION phi.begin_reencryption(text, text, text), phi.take_reencryption(text, text), phi.end_reencryption(text, text, bigint),
  phi.sealed_before(text, text, integer, bigint), phi.reencrypt(text, text, text) TO sallyport_api;
