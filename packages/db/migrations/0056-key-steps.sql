-- What persons said they did around the turn of a ring, or a move of the root key: who, when, and where what was kept of it is. What the product sees by itself isn't here.

CREATE TABLE audit.key_steps (
  turn      text NOT NULL CHECK (turn ~ '^(token|kek|audit|ca|sign|database|root)-[1-9][0-9]{0,5}$'),
  n         integer NOT NULL CHECK (n BETWEEN 1 AND 200),
  step      text NOT NULL CHECK (step IN ('rehearsed', 'copied', 'prepared', 'stopped', 'told', 'kept', 'escrowed', 'forgotten', 'stowed')),
  principal text NOT NULL REFERENCES policy.principals (id),
  note      text NOT NULL UNIQUE REFERENCES audit.changes (id),
  at_ms     bigint NOT NULL,
  evidence_sha256 text CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
  evidence_bytes  bigint CHECK (evidence_bytes >= 0),
  PRIMARY KEY (turn, n),
  CONSTRAINT evidence_whole CHECK ((evidence_sha256 IS NULL) = (evidence_bytes IS NULL))
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.key_steps FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.key_steps ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE audit.key_steps ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.key_steps FORCE ROW LEVEL SECURITY;
-- Keys are the deployment's, so a grant for them names no site.
CREATE POLICY within_keys ON audit.key_steps FOR SELECT TO sallyport_api USING ((SELECT boundary.granted_action()) IN ('keys.read', 'keys.rotate'));
CREATE POLICY enter ON audit.key_steps FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'keys.rotate' AND principal = (SELECT boundary.granted_principal()));
CREATE POLICY look ON audit.key_steps FOR SELECT TO sallyport_owner USING (true);

-- The sealed notes of one turn's steps, for a crossing that looks at keys. Nothing else of audit.changes is readable here.
CREATE FUNCTION audit.key_step_texts(p_turn text) RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment FROM audit.key_steps s JOIN audit.changes c ON c.id = s.note
   WHERE s.turn = p_turn AND boundary.granted_action() = 'keys.read'
$$;

GRANT SELECT, INSERT ON audit.key_steps TO sallyport_api;
GRANT EXECUTE ON FUNCTION audit.key_step_texts(text) TO sallyport_api;
