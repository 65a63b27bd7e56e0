-- What was done about an incident, step by step: who said so, when, and where what was kept of it is.

CREATE TABLE audit.incident_steps (
  incident  text NOT NULL CHECK (incident ~ '^inc_[0-9a-hjkmnp-tv-z]{26}$'),
  n         integer NOT NULL CHECK (n BETWEEN 1 AND 200),
  chain     text NOT NULL CHECK (chain = 'system' OR chain LIKE 'site:%'),
  step      text NOT NULL CHECK (step IN ('copied', 'verified', 'exported', 'accounted')),
  principal text NOT NULL REFERENCES policy.principals (id),
  note      text NOT NULL UNIQUE REFERENCES audit.changes (id),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (incident, n)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.incident_steps FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.incident_steps ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE audit.incident_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.incident_steps FORCE ROW LEVEL SECURITY;
-- For whom the chain's records are for.
CREATE POLICY within_sites ON audit.incident_steps FOR SELECT TO sallyport_api
  USING ((CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY enter ON audit.incident_steps FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'trail.verify' AND principal = (SELECT boundary.granted_principal())
              AND (CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY look ON audit.incident_steps FOR SELECT TO sallyport_owner USING (true);

-- The sealed notes of one incident's steps, for a crossing that reads the trail there. Nothing else of audit.changes is readable here.
CREATE FUNCTION audit.incident_step_texts(p_incident text) RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment FROM audit.incident_steps s JOIN audit.changes c ON c.id = s.note
   WHERE s.incident = p_incident AND boundary.granted_action() = 'trail.read'
     AND (CASE s.chain WHEN 'system' THEN s.chain ELSE substr(s.chain, 6) END) = ANY (boundary.granted_sites())
$$;

GRANT SELECT, INSERT ON audit.incident_steps TO sallyport_api;
GRANT EXECUTE ON FUNCTION audit.incident_step_texts(text) TO sallyport_api;
