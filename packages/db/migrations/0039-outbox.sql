-- Outbox: what becomes of a sealed packet on its way to its recipient, over which routes, and what was said of it (ADR 0062).

CREATE SCHEMA IF NOT EXISTS egress;
GRANT USAGE ON SCHEMA egress TO sallyport_api;

-- Where a recipient takes packets: a list as a whole, each version by an approval of two people.
CREATE TABLE egress.route (
  id         text PRIMARY KEY CHECK (id ~ '^rte_[0-9a-hjkmnp-tv-z]{26}$'),
  recipient  text NOT NULL CHECK (recipient ~ '^rcp_[0-9a-hjkmnp-tv-z]{26}$'),
  version    integer NOT NULL CHECK (version >= 1),
  -- 0 for the primary, then its fallbacks.
  rank       integer NOT NULL CHECK (rank BETWEEN 0 AND 3),
  settings   text NOT NULL CHECK (octet_length(settings) <= 2000 AND settings IS JSON OBJECT),
  approval   text NOT NULL REFERENCES approvals.requests (id),
  made_at_ms bigint NOT NULL,
  UNIQUE (recipient, version, rank)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.route FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.route ENABLE ALWAYS TRIGGER append_only;

-- How a route was when it was looked at last, and since when. One without a row is not used.
CREATE TABLE egress.route_health (
  route    text PRIMARY KEY REFERENCES egress.route (id),
  state    text NOT NULL CHECK (state IN ('healthy', 'unhealthy')),
  failure  text CHECK (failure ~ '^[a-z0-9_.-]{1,64}$'),
  since_ms bigint NOT NULL,
  CHECK ((state = 'healthy') = (failure IS NULL))
);

CREATE TABLE egress.outbox_item (
  id             text PRIMARY KEY CHECK (id ~ '^obx_[0-9a-hjkmnp-tv-z]{26}$'),
  packet         text NOT NULL CHECK (packet ~ '^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$'),
  recipient      text NOT NULL CHECK (recipient ~ '^rcp_[0-9a-hjkmnp-tv-z]{26}$'),
  sha256         text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  length         bigint NOT NULL CHECK (length >= 1),
  -- The same on every attempt and every route.
  key            text NOT NULL UNIQUE CHECK (key ~ '^[A-Za-z0-9_-]{16,64}$'),
  state          text NOT NULL CHECK (state IN ('sealed', 'sent', 'acknowledged', 'rejected', 'in-doubt')),
  phase          text NOT NULL CHECK (phase IN ('idle', 'claimed', 'sending')),
  attempt        integer NOT NULL CHECK (attempt >= 0),
  route          text REFERENCES egress.route (id),
  lease_until_ms bigint,
  failed         text NOT NULL CHECK (octet_length(failed) <= 4000 AND failed IS JSON OBJECT),
  asked          integer NOT NULL CHECK (asked >= 0),
  next_at_ms     bigint,
  enqueued_at_ms bigint NOT NULL,
  changed_at_ms  bigint NOT NULL,
  -- When a portal contradicted us, or itself, last.
  disagreed_at_ms bigint,
  UNIQUE (packet, recipient),
  CHECK ((phase = 'idle') = (lease_until_ms IS NULL) AND (phase = 'idle' OR state = 'sealed') AND (attempt = 0) = (route IS NULL))
);
CREATE INDEX outbox_item_due ON egress.outbox_item (next_at_ms) WHERE next_at_ms IS NOT NULL;
CREATE INDEX outbox_item_leased ON egress.outbox_item (lease_until_ms) WHERE lease_until_ms IS NOT NULL;
CREATE INDEX outbox_item_newest ON egress.outbox_item (enqueued_at_ms DESC, id DESC);

CREATE TABLE egress.delivery_attempt (
  item          text NOT NULL REFERENCES egress.outbox_item (id),
  n             integer NOT NULL CHECK (n >= 1),
  route         text NOT NULL REFERENCES egress.route (id),
  claimed_at_ms bigint NOT NULL,
  -- From here on bytes may have gone out.
  begun_at_ms   bigint,
  ended_at_ms   bigint,
  -- What it ended as, or what its portal said of it later.
  outcome       text CHECK (outcome IN ('unsent', 'sent', 'in-doubt', 'received', 'rejected', 'not-received', 'pending', 'disagrees')),
  failure       text CHECK (failure ~ '^[a-z0-9_.-]{1,64}$'),
  PRIMARY KEY (item, n),
  CHECK ((ended_at_ms IS NULL) = (outcome IS NULL))
);

-- What portals said, byte for byte.
CREATE TABLE egress.receipt (
  item    text NOT NULL,
  attempt integer NOT NULL,
  sha256  text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  body    text NOT NULL CHECK (octet_length(body) <= 65536),
  verdict text NOT NULL CHECK (verdict IN ('received', 'rejected', 'not-received', 'pending', 'disagrees')),
  at_ms   bigint NOT NULL,
  PRIMARY KEY (item, attempt, sha256),
  FOREIGN KEY (item, attempt) REFERENCES egress.delivery_attempt (item, n)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.receipt FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.receipt ENABLE ALWAYS TRIGGER append_only;

-- What was sealed stays as it is; a state follows another as it may; what was settled stays so. An item in doubt is free to be sent again only where its portal
-- said that it has nothing, or where the second of two people says so.
CREATE FUNCTION egress.follow_item() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF ROW(NEW.id, NEW.packet, NEW.recipient, NEW.sha256, NEW.length, NEW.key, NEW.enqueued_at_ms)
       IS DISTINCT FROM ROW(OLD.id, OLD.packet, OLD.recipient, OLD.sha256, OLD.length, OLD.key, OLD.enqueued_at_ms)
     OR NEW.attempt NOT IN (OLD.attempt, OLD.attempt + 1) OR (NEW.attempt > OLD.attempt AND NOT (OLD.state = 'sealed' AND OLD.phase = 'idle' AND NEW.phase = 'claimed'))
     OR (NEW.phase = 'sending' AND OLD.phase = 'idle')
     OR (OLD.state IN ('acknowledged', 'rejected') AND NEW.state <> OLD.state)
     OR (OLD.state = 'sent' AND NEW.state = 'sealed') THEN
    RAISE EXCEPTION 'not a move of an item' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.state = 'in-doubt' AND NEW.state = 'sealed' AND boundary.granted_action() <> 'approval.decide'
     AND NOT EXISTS (SELECT 1 FROM egress.delivery_attempt a WHERE a.item = OLD.id AND a.n = OLD.attempt AND a.outcome = 'not-received') THEN
    RAISE EXCEPTION 'an item in doubt is not sent again' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF OLD.phase = 'sending' AND NEW.state = 'sealed' AND NEW.phase = 'idle'
     AND NOT EXISTS (SELECT 1 FROM egress.delivery_attempt a WHERE a.item = OLD.id AND a.n = OLD.attempt AND a.outcome = 'not-received') THEN
    RAISE EXCEPTION 'an item of which bytes went out is not unsent' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follow_item BEFORE UPDATE ON egress.outbox_item FOR EACH ROW EXECUTE FUNCTION egress.follow_item();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON egress.outbox_item FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON egress.delivery_attempt FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.outbox_item ENABLE ALWAYS TRIGGER follow_item;
ALTER TABLE egress.outbox_item ENABLE ALWAYS TRIGGER never_removed;
ALTER TABLE egress.delivery_attempt ENABLE ALWAYS TRIGGER never_removed;

ALTER TABLE egress.route ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.route FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.route_health ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.route_health FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.outbox_item ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.outbox_item FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.delivery_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.delivery_attempt FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.receipt ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.receipt FORCE ROW LEVEL SECURITY;

CREATE FUNCTION egress.is_granted() RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT boundary.granted_action() IN ('outbox.read', 'outbox.reconcile', 'outbox.deliver', 'route.change', 'submission.submit', 'approval.decide') $$;
CREATE FUNCTION egress.is_moving() RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT boundary.granted_action() IN ('outbox.reconcile', 'outbox.deliver', 'approval.decide') $$;

CREATE POLICY look ON egress.route FOR SELECT TO sallyport_api USING ((SELECT egress.is_granted()));
CREATE POLICY enter ON egress.route FOR INSERT TO sallyport_api WITH CHECK ((SELECT boundary.granted_action()) = 'approval.decide');
CREATE POLICY look ON egress.route_health FOR SELECT TO sallyport_api USING ((SELECT egress.is_granted()));
CREATE POLICY enter ON egress.route_health FOR INSERT TO sallyport_api WITH CHECK ((SELECT boundary.granted_action()) = 'outbox.deliver');
CREATE POLICY move ON egress.route_health FOR UPDATE TO sallyport_api USING ((SELECT boundary.granted_action()) = 'outbox.deliver');
CREATE POLICY look ON egress.outbox_item FOR SELECT TO sallyport_api USING ((SELECT egress.is_granted()));
-- In the transaction of the act by which a packet is submitted.
CREATE POLICY enter ON egress.outbox_item FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) IN ('submission.submit', 'approval.decide') AND state = 'sealed' AND phase = 'idle' AND attempt = 0);
CREATE POLICY move ON egress.outbox_item FOR UPDATE TO sallyport_api USING ((SELECT egress.is_moving()));
CREATE POLICY look ON egress.delivery_attempt FOR SELECT TO sallyport_api USING ((SELECT egress.is_granted()));
CREATE POLICY enter ON egress.delivery_attempt FOR INSERT TO sallyport_api WITH CHECK ((SELECT boundary.granted_action()) = 'outbox.deliver');
CREATE POLICY move ON egress.delivery_attempt FOR UPDATE TO sallyport_api USING ((SELECT boundary.granted_action()) = 'outbox.deliver');
CREATE POLICY look ON egress.receipt FOR SELECT TO sallyport_api USING ((SELECT egress.is_granted()));
CREATE POLICY enter ON egress.receipt FOR INSERT TO sallyport_api WITH CHECK ((SELECT boundary.granted_action()) = 'outbox.deliver');

GRANT SELECT, INSERT ON egress.route, egress.receipt TO sallyport_api;
GRANT SELECT, INSERT, UPDATE ON egress.route_health TO sallyport_api;
GRANT SELECT, INSERT ON egress.outbox_item, egress.delivery_attempt TO sallyport_api;
GRANT UPDATE (state, phase, attempt, route, lease_until_ms, failed, asked, next_at_ms, changed_at_ms, disagreed_at_ms) ON egress.outbox_item TO sallyport_api;
GRANT UPDATE (begun_at_ms, ended_at_ms, outcome, failure) ON egress.delivery_attempt TO sallyport_api;
GRANT EXECUTE ON FUNCTION egress.is_granted(), egress.is_moving() TO sallyport_api;

-- One more that has to be known at once.
ALTER TABLE audit.alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE audit.alerts ADD CONSTRAINT alerts_kind_check CHECK (kind IN ('incident.opened', 'incident.ended', 'emergency.opened', 'method.locked', 'workload.revoked',
  'policy.signed', 'keys.escrowed', 'anchors.behind', 'delivery.disagrees', 'alert.test'));
