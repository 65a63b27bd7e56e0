-- Who has to know is told: alerts, and how far each has come to each place that it goes to. They hold ids, no name and no value.

CREATE TABLE audit.alerts (
  id           text PRIMARY KEY CHECK (id ~ '^alr_[0-9a-hjkmnp-tv-z]{26}$'),
  -- What it was raised by: nothing is told twice because two nodes saw it, or one saw it twice.
  key          text NOT NULL UNIQUE CHECK (key ~ '^[!-~]{1,255}$'),
  kind         text NOT NULL CHECK (kind IN ('incident.opened', 'incident.ended', 'emergency.opened', 'method.locked', 'workload.revoked',
                                             'policy.signed', 'keys.escrowed', 'anchors.behind', 'alert.test')),
  chain        text NOT NULL CHECK (chain = 'system' OR chain LIKE 'site:%'),
  about        text NOT NULL CHECK (about ~ '^[!-~]{1,255}$'),
  facts        text NOT NULL CHECK (octet_length(facts) <= 2000 AND facts IS JSON OBJECT),
  raised_at_ms bigint NOT NULL
);
CREATE INDEX alerts_about ON audit.alerts (about);
CREATE INDEX alerts_newest ON audit.alerts (raised_at_ms);

CREATE TABLE audit.alert_deliveries (
  alert      text NOT NULL REFERENCES audit.alerts (id),
  route      text NOT NULL CHECK (route ~ '^[a-z0-9][a-z0-9.-]{0,39}$'),
  state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'given_up')),
  attempts   integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  -- Not before this. Who takes one up moves it forward by more than a try can take, so nobody else takes it up meanwhile.
  next_at    timestamptz NOT NULL DEFAULT now(),
  tried_at   timestamptz,
  failure    text CHECK (failure ~ '^[a-z_]+(\.[a-z_]+)?$'),
  PRIMARY KEY (alert, route),
  CHECK (state = 'waiting' OR tried_at IS NOT NULL)
);
CREATE INDEX alert_deliveries_due ON audit.alert_deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX alert_deliveries_tried ON audit.alert_deliveries (route, tried_at);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.alerts FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON audit.alert_deliveries FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.alerts ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.alert_deliveries ENABLE ALWAYS TRIGGER never_removed;

-- What was delivered, or given up, stays so.
CREATE FUNCTION audit.settled_stays() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'a settled delivery stays as it is' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER settled_stays BEFORE UPDATE ON audit.alert_deliveries FOR EACH ROW
  WHEN (OLD.state <> 'waiting' OR NEW.alert <> OLD.alert OR NEW.route <> OLD.route OR NEW.attempts < OLD.attempts) EXECUTE FUNCTION audit.settled_stays();
ALTER TABLE audit.alert_deliveries ENABLE ALWAYS TRIGGER settled_stays;

ALTER TABLE audit.alerts ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.alerts FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.alert_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.alert_deliveries FORCE ROW LEVEL SECURITY;
-- An alert is for whom its chain's records are for.
CREATE POLICY within_sites ON audit.alerts FOR SELECT TO sallyport_api
  USING ((CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY of_alerts ON audit.alert_deliveries FOR SELECT TO sallyport_api USING (EXISTS (SELECT 1 FROM audit.alerts a WHERE a.id = alert));
-- For the functions here alone, which are the owner's.
CREATE POLICY raise ON audit.alerts FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY look ON audit.alerts FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY raise ON audit.alert_deliveries FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY look ON audit.alert_deliveries FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY deliver ON audit.alert_deliveries FOR UPDATE TO sallyport_owner USING (true);

-- Raises an alert for these places (joined by newlines; there may be none); false where its key was used.
CREATE FUNCTION audit.raise_alert(p_id text, p_key text, p_kind text, p_chain text, p_about text, p_facts text, p_at_ms bigint, p_routes text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO audit.alerts (id, key, kind, chain, about, facts, raised_at_ms)
  VALUES (p_id, p_key, p_kind, p_chain, p_about, p_facts, p_at_ms) ON CONFLICT (key) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO audit.alert_deliveries (alert, route) SELECT p_id, r FROM unnest(string_to_array(p_routes, E'\n')) AS r WHERE r <> '';
  RETURN true;
END $$;

-- Takes up at most `p_limit` deliveries to these places that are due, the oldest first, and keeps others from them for `p_seconds`. What another node is
-- taking up at this moment is left to it.
CREATE FUNCTION audit.claim_alerts(p_routes text, p_limit integer, p_seconds integer)
  RETURNS TABLE (id text, route text, attempt integer, kind text, chain text, about text, facts text, raised_at_ms bigint)
  LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH due AS (
    SELECT d.alert, d.route FROM audit.alert_deliveries d
     WHERE d.state = 'waiting' AND d.next_at <= now() AND d.route = ANY (string_to_array(p_routes, E'\n'))
     ORDER BY d.next_at LIMIT p_limit FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE audit.alert_deliveries d SET attempts = d.attempts + 1, next_at = now() + make_interval(secs => p_seconds), tried_at = now()
      FROM due WHERE d.alert = due.alert AND d.route = due.route
    RETURNING d.alert, d.route, d.attempts)
  SELECT a.id, t.route, t.attempts, a.kind, a.chain, a.about, a.facts, a.raised_at_ms
    FROM taken t JOIN audit.alerts a ON a.id = t.alert ORDER BY a.raised_at_ms, a.id
$$;

-- Says what became of a try; false where it isn't the last one any more. Without a failure it is delivered; with one, it is tried again after `p_seconds`, or,
-- where that is null, given up.
CREATE FUNCTION audit.settle_alert(p_alert text, p_route text, p_attempt integer, p_failure text, p_seconds integer) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE audit.alert_deliveries d
     SET state = CASE WHEN p_failure IS NULL THEN 'delivered' WHEN p_seconds IS NULL THEN 'given_up' ELSE 'waiting' END,
         failure = p_failure, next_at = now() + make_interval(secs => coalesce(p_seconds, 0))
   WHERE d.alert = p_alert AND d.route = p_route AND d.attempts = p_attempt AND d.state = 'waiting';
  RETURN FOUND;
END $$;

GRANT SELECT ON audit.alerts, audit.alert_deliveries TO sallyport_api;
GRANT EXECUTE ON FUNCTION audit.raise_alert(text, text, text, text, text, text, bigint, text), audit.claim_alerts(text, integer, integer),
  audit.settle_alert(text, text, integer, text, integer) TO sallyport_api;
