-- People are told out of band of what was approved and signed as theirs. A person's own address stands here; the alert that goes there holds none.

CREATE TABLE people.notice_addresses (
  person  text PRIMARY KEY REFERENCES people.persons (id),
  address text NOT NULL CHECK (length(address) BETWEEN 3 AND 254 AND address ~ '^[!-~]+@[!-~]+$'),
  set_by  text NOT NULL REFERENCES people.persons (id),
  at_ms   bigint NOT NULL
);
GRANT SELECT, INSERT, DELETE ON people.notice_addresses TO sallyport_api;
GRANT UPDATE (address, set_by, at_ms) ON people.notice_addresses TO sallyport_api;

ALTER TABLE audit.alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE audit.alerts ADD CONSTRAINT alerts_kind_check CHECK (kind IN ('incident.opened', 'incident.ended', 'emergency.opened', 'method.locked', 'workload.revoked',
  'policy.signed', 'keys.escrowed', 'anchors.behind', 'delivery.disagrees', 'approval.requested', 'approval.decided', 'signature.made', 'proof.used', 'address.changed',
  'review.overdue', 'alert.test'));

-- Where a person was to be told when it happened: a change of the address afterwards takes nothing away from who had the one before.
ALTER TABLE audit.alert_deliveries ADD COLUMN address text;
ALTER TABLE audit.alert_deliveries ADD CONSTRAINT address_of_a_person CHECK ((address IS NOT NULL) = (route LIKE 'per.%'));
DROP TRIGGER settled_stays ON audit.alert_deliveries;
CREATE TRIGGER settled_stays BEFORE UPDATE ON audit.alert_deliveries FOR EACH ROW
  WHEN (OLD.state <> 'waiting' OR NEW.alert <> OLD.alert OR NEW.route <> OLD.route OR NEW.attempts < OLD.attempts OR NEW.address IS DISTINCT FROM OLD.address)
  EXECUTE FUNCTION audit.settled_stays();
ALTER TABLE audit.alert_deliveries ENABLE ALWAYS TRIGGER settled_stays;
-- Who may see an alert sees whom it reached, and not at which address.
REVOKE SELECT ON audit.alert_deliveries FROM sallyport_api;
GRANT SELECT (alert, route, state, attempts, next_at, tried_at, failure) ON audit.alert_deliveries TO sallyport_api;

DROP FUNCTION audit.raise_alert(text, text, text, text, text, text, bigint, text);
-- Raises an alert for these places and these people (each joined by newlines; there may be none); false where its key was used. Who has no address isn't told.
CREATE FUNCTION audit.raise_alert(p_id text, p_key text, p_kind text, p_chain text, p_about text, p_facts text, p_at_ms bigint, p_routes text, p_people text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO audit.alerts (id, key, kind, chain, about, facts, raised_at_ms)
  VALUES (p_id, p_key, p_kind, p_chain, p_about, p_facts, p_at_ms) ON CONFLICT (key) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO audit.alert_deliveries (alert, route) SELECT p_id, r FROM unnest(string_to_array(p_routes, E'\n')) AS r WHERE r <> '';
  INSERT INTO audit.alert_deliveries (alert, route, address)
  SELECT p_id, 'per.' || substr(n.person, 5), n.address FROM people.notice_addresses n WHERE n.person = ANY (string_to_array(p_people, E'\n'));
  RETURN true;
END $$;

DROP FUNCTION audit.claim_alerts(text, integer, integer);
-- Takes up at most `p_limit` deliveries to these places, and to people where `p_people` says so, that are due, the oldest first, and keeps others from them for
-- `p_seconds`. What another node is taking up at this moment is left to it.
CREATE FUNCTION audit.claim_alerts(p_routes text, p_people boolean, p_limit integer, p_seconds integer)
  RETURNS TABLE (id text, route text, address text, attempt integer, kind text, chain text, about text, facts text, raised_at_ms bigint)
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT d.alert, d.route FROM audit.alert_deliveries d
     WHERE d.state = 'waiting' AND d.next_at <= now()
       AND CASE WHEN d.address IS NULL THEN d.route = ANY (string_to_array(p_routes, E'\n')) ELSE p_people END
     ORDER BY d.next_at LIMIT p_limit FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE audit.alert_deliveries d SET attempts = d.attempts + 1, next_at = now() + make_interval(secs => p_seconds), tried_at = now()
      FROM due WHERE d.alert = due.alert AND d.route = due.route
    RETURNING d.alert, d.route, d.address, d.attempts)
  SELECT a.id, t.route, t.address, t.attempts, a.kind, a.chain, a.about, a.facts, a.raised_at_ms
    FROM taken t JOIN audit.alerts a ON a.id = t.alert ORDER BY a.raised_at_ms, a.id
$$;

GRANT EXECUTE ON FUNCTION audit.raise_alert(text, text, text, text, text, text, bigint, text, text), audit.claim_alerts(text, boolean, integer, integer) TO sallyport_api;

-- Reviews that aren't signed off and should be: of access, and of the trail, each with who opened it and, of the trail, who is to do it.
CREATE FUNCTION audit.overdue_reviews(p_now_ms bigint) RETURNS TABLE (id text, chain text, due_at_ms bigint, people text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.id, 'system', r.due_at_ms, r.opened_by FROM policy.access_reviews r WHERE r.signed_at_ms IS NULL AND r.due_at_ms <= p_now_ms
  UNION ALL
  SELECT r.id, CASE WHEN r.scope_keys = ARRAY['system'] OR cardinality(r.scope_keys) > 1 THEN 'system' ELSE 'site:' || r.scope_keys[1] END, r.due_at_ms,
         concat_ws(E'\n', r.opened_by, (SELECT a.person FROM audit.trail_review_assignments a WHERE a.review = r.id ORDER BY a.n DESC LIMIT 1))
    FROM audit.trail_reviews r WHERE r.signed_at_ms IS NULL AND r.due_at_ms <= p_now_ms
$$;
GRANT EXECUTE ON FUNCTION audit.overdue_reviews(bigint) TO sallyport_api;
