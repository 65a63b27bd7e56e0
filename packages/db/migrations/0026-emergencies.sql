-- Access to one subject in an emergency: opened by one person for a time, and reviewed by another before that person may open the next.

CREATE TABLE policy.emergencies (
  id             text PRIMARY KEY CHECK (id ~ '^emg_[0-9a-hjkmnp-tv-z]{26}$'),
  principal      text NOT NULL REFERENCES policy.principals (id),
  person         text NOT NULL REFERENCES people.persons (id),
  subject        text NOT NULL REFERENCES phi.subjects (id),
  -- Where the subject was then.
  study          text NOT NULL,
  site           text NOT NULL,
  site_key       text NOT NULL GENERATED ALWAYS AS (study || '/' || site) STORED,
  cause          text NOT NULL CHECK (cause IN ('adverse_event', 'treatment_needed', 'subject_unreachable', 'safety_report', 'other')),
  -- Why, sealed.
  reason         text NOT NULL UNIQUE REFERENCES audit.changes (id),
  from_ms        bigint NOT NULL,
  until_ms       bigint NOT NULL CHECK (until_ms > from_ms AND until_ms <= from_ms + 14400000),
  ended_at_ms    bigint CHECK (ended_at_ms >= from_ms),
  -- A person, or who set the lock that ended it.
  ended_by       text,
  ended_how      text CHECK (ended_how IN ('person', 'administrator', 'stopped')),
  reviewed_at_ms bigint,
  reviewed_by    text REFERENCES people.persons (id),
  verdict        text CHECK (verdict IN ('justified', 'not_justified')),
  comment        text UNIQUE REFERENCES audit.changes (id),
  -- SHA-256 of what the reviewer was shown.
  seen           text CHECK (seen ~ '^[0-9a-f]{64}$'),
  FOREIGN KEY (study, site) REFERENCES regulatory.sites (study, id),
  CHECK (num_nulls(ended_at_ms, ended_by, ended_how) IN (0, 3)),
  CHECK (num_nulls(reviewed_at_ms, reviewed_by, verdict, comment, seen) IN (0, 5)),
  CHECK (reviewed_by <> person),
  CHECK (reviewed_at_ms >= least(until_ms, coalesce(ended_at_ms, until_ms)))
);
-- One that isn't reviewed keeps its person, with whatever account, from the next.
CREATE UNIQUE INDEX emergencies_unreviewed ON policy.emergencies (person) WHERE reviewed_at_ms IS NULL;
CREATE INDEX emergencies_at ON policy.emergencies (site_key, from_ms DESC, id DESC);
CREATE INDEX emergencies_of ON policy.emergencies (subject);

CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.emergencies FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
ALTER TABLE policy.emergencies ENABLE ALWAYS TRIGGER bump;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON policy.emergencies FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE policy.emergencies ENABLE ALWAYS TRIGGER never_removed;

-- It is opened, ended once at most, and reviewed once; until when it was to last never changes.
CREATE FUNCTION policy.emergency_moves() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND num_nonnulls(NEW.ended_at_ms, NEW.reviewed_at_ms) > 0
     OR TG_OP = 'UPDATE' AND (
       OLD.reviewed_at_ms IS NOT NULL
       OR (OLD.ended_at_ms IS NOT NULL AND (NEW.ended_at_ms, NEW.ended_by, NEW.ended_how) IS DISTINCT FROM (OLD.ended_at_ms, OLD.ended_by, OLD.ended_how))
       OR (NEW.id, NEW.principal, NEW.person, NEW.subject, NEW.study, NEW.site, NEW.cause, NEW.reason, NEW.from_ms, NEW.until_ms)
          IS DISTINCT FROM (OLD.id, OLD.principal, OLD.person, OLD.subject, OLD.study, OLD.site, OLD.cause, OLD.reason, OLD.from_ms, OLD.until_ms)) THEN
    RAISE EXCEPTION 'not a move of an emergency' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER moves BEFORE INSERT OR UPDATE ON policy.emergencies FOR EACH ROW EXECUTE FUNCTION policy.emergency_moves();
ALTER TABLE policy.emergencies ENABLE ALWAYS TRIGGER moves;

-- Whoever is stopped has no emergency open any more, and it doesn't come back with the lock's lifting.
CREATE FUNCTION policy.end_emergencies_of_locked() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE policy.emergencies e SET ended_at_ms = greatest(e.from_ms, NEW.set_at_ms), ended_by = NEW.set_by, ended_how = 'stopped'
   WHERE e.person = NEW.target AND e.ended_at_ms IS NULL AND e.reviewed_at_ms IS NULL AND e.until_ms > NEW.set_at_ms;
  RETURN NULL;
END $$;
CREATE TRIGGER end_emergencies AFTER INSERT ON policy.locks FOR EACH ROW WHEN (NEW.kind = 'person') EXECUTE FUNCTION policy.end_emergencies_of_locked();
ALTER TABLE policy.locks ENABLE ALWAYS TRIGGER end_emergencies;

CREATE FUNCTION policy.end_emergencies_of_inactive() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_now bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
BEGIN
  UPDATE policy.emergencies e SET ended_at_ms = greatest(e.from_ms, v_now), ended_by = NEW.id, ended_how = 'stopped'
   WHERE e.person = NEW.id AND e.ended_at_ms IS NULL AND e.reviewed_at_ms IS NULL AND e.until_ms > v_now;
  RETURN NULL;
END $$;
CREATE TRIGGER end_emergencies AFTER UPDATE OF status ON people.persons FOR EACH ROW WHEN (NEW.status <> 'active') EXECUTE FUNCTION policy.end_emergencies_of_inactive();
ALTER TABLE people.persons ENABLE ALWAYS TRIGGER end_emergencies;

-- A grant by an emergency names no site to row security but `emergency:<id>`, which every policy on sites takes for none. These open the one subject
-- of an emergency that hasn't ended, where it was then, to the two acts that it is for.
CREATE FUNCTION policy.emergency_subject() RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.subject FROM policy.emergencies e JOIN phi.subjects s ON s.id = e.subject AND s.site_key = e.site_key
   WHERE boundary.granted_sites() = ARRAY['emergency:' || e.id] AND e.id = substr((boundary.granted_sites())[1], 11)
     AND boundary.granted_action() IN ('subject.read', 'phi.read') AND e.ended_at_ms IS NULL AND e.reviewed_at_ms IS NULL
$$;
CREATE POLICY by_emergency ON phi.subjects FOR SELECT TO sallyport_api USING (id = (SELECT policy.emergency_subject()));
CREATE POLICY by_emergency ON phi.records FOR SELECT TO sallyport_api USING (subject = (SELECT policy.emergency_subject()));
CREATE POLICY by_emergency ON phi.sealed_records FOR SELECT TO sallyport_api USING (subject = (SELECT policy.emergency_subject()));
CREATE POLICY by_emergency ON phi.withdrawals FOR SELECT TO sallyport_api USING (subject = (SELECT policy.emergency_subject()));

-- The sealed reasons and comments of emergencies, for a crossing that reviews them, of its sites.
CREATE FUNCTION policy.emergency_reasons() RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment FROM policy.emergencies e JOIN audit.changes c ON c.id IN (e.reason, e.comment)
   WHERE boundary.granted_action() = 'emergency.review' AND e.site_key = ANY (boundary.granted_sites())
$$;

GRANT SELECT, INSERT ON policy.emergencies TO sallyport_api;
GRANT UPDATE (ended_at_ms, ended_by, ended_how, reviewed_at_ms, reviewed_by, verdict, comment, seen) ON policy.emergencies TO sallyport_api;
GRANT EXECUTE ON FUNCTION policy.emergency_subject(), policy.emergency_reasons() TO sallyport_api;

-- A subject as its study names it, by the keyed digest of that: where it is, for a crossing that may open an emergency in that study.
CREATE FUNCTION phi.subject_by_lookup(p_study text, p_lookup text) RETURNS TABLE (id text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT s.id FROM phi.subjects s WHERE s.study = p_study AND s.lookup = p_lookup $$;
GRANT EXECUTE ON FUNCTION phi.subject_by_lookup(text, text) TO sallyport_api;

-- As in 0018, but for the one subject that an emergency opens.
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
      WHERE s.id = o.id AND (s.site_key = ANY (string_to_array(o.sites, E'\n')) OR s.id = (SELECT policy.emergency_subject()));
  END LOOP;
END $$;
