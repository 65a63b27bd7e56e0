-- What callers handed over while the boundary couldn't serve, and what became of each (ADR 0074). Ids and digests; nothing of what was sent.

CREATE TABLE ingress.spooled (
  receipt    text PRIMARY KEY CHECK (receipt ~ '^spl_[0-9a-hjkmnp-tv-z]{26}$'),
  -- One node's own, and the place in it: gap-free from 1.
  spool      text NOT NULL CHECK (spool ~ '^spool_[0-9a-hjkmnp-tv-z]{26}$'),
  n          bigint NOT NULL CHECK (n > 0),
  workload   text NOT NULL CHECK (workload ~ '^spiffe://[!-~]{1,240}$'),
  x5t        text NOT NULL CHECK (x5t ~ '^[A-Za-z0-9_-]{43}$'),
  -- As the token said; whether there is such a principal is decided at the replay.
  principal  text NOT NULL CHECK (principal ~ '^[!-~]{1,255}$'),
  procedure  text NOT NULL CHECK (procedure IN ('packets.begin', 'packets.upload', 'packets.complete')),
  taken_ms   bigint NOT NULL,
  bytes      bigint NOT NULL CHECK (bytes > 0),
  sha256     text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  state      text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'replayed', 'refused')),
  -- Why it was refused: a failure's code, or what was found instead of the request.
  reason     text CHECK (reason ~ '^[a-z_]+(\.[a-z_]+)?$'),
  -- Of the crossing that it was replayed in.
  request_id text CHECK (request_id ~ '^req_[0-9a-hjkmnp-tv-z]{26}$'),
  settled_ms bigint,
  UNIQUE (spool, n),
  CHECK ((state = 'waiting') = (settled_ms IS NULL)),
  CHECK ((state = 'refused') = (reason IS NOT NULL))
);
CREATE INDEX spooled_newest ON ingress.spooled (taken_ms);
CREATE INDEX spooled_waiting ON ingress.spooled (spool) WHERE state = 'waiting';

CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON ingress.spooled FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE ingress.spooled ENABLE ALWAYS TRIGGER never_removed;

-- Settled once, and nothing else about it ever changes.
CREATE FUNCTION ingress.settled_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.state <> 'waiting' OR NEW.state = 'waiting'
     OR to_jsonb(NEW) - '{state,reason,request_id,settled_ms}'::text[] <> to_jsonb(OLD) - '{state,reason,request_id,settled_ms}'::text[] THEN
    RAISE EXCEPTION 'a request that was handed over is settled once' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settled_once BEFORE UPDATE ON ingress.spooled FOR EACH ROW EXECUTE FUNCTION ingress.settled_once();
ALTER TABLE ingress.spooled ENABLE ALWAYS TRIGGER settled_once;

ALTER TABLE ingress.spooled ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.spooled FORCE ROW LEVEL SECURITY;
-- A caller sees its own; who looks after workloads sees all.
CREATE POLICY of_caller ON ingress.spooled FOR SELECT TO sallyport_api
  USING ((SELECT boundary.granted_action()) = 'packet.upload' AND principal = (SELECT boundary.granted_principal()));
CREATE POLICY of_workloads ON ingress.spooled FOR SELECT TO sallyport_api USING ((SELECT boundary.granted_action()) = 'workload.read');
-- For the functions here alone, which are the owner's.
CREATE POLICY enter ON ingress.spooled FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY look ON ingress.spooled FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY settle ON ingress.spooled FOR UPDATE TO sallyport_owner USING (true);

-- Enters one that was taken; false where it is there.
CREATE FUNCTION ingress.enter_spooled(p_receipt text, p_spool text, p_n bigint, p_workload text, p_x5t text, p_principal text, p_procedure text,
                                      p_taken_ms bigint, p_bytes bigint, p_sha256 text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ingress.spooled (receipt, spool, n, workload, x5t, principal, procedure, taken_ms, bytes, sha256)
    VALUES (p_receipt, p_spool, p_n, p_workload, p_x5t, p_principal, p_procedure, p_taken_ms, p_bytes, p_sha256) ON CONFLICT (receipt) DO NOTHING;
  RETURN FOUND;
END $$;

-- Settles one; false where it was settled before.
CREATE FUNCTION ingress.settle_spooled(p_receipt text, p_state text, p_reason text, p_request_id text, p_settled_ms bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE ingress.spooled s SET state = p_state, reason = p_reason, request_id = p_request_id, settled_ms = p_settled_ms
   WHERE s.receipt = p_receipt AND s.state = 'waiting';
  RETURN FOUND;
END $$;

-- How many of a spool are entered, and which of them wait.
CREATE FUNCTION ingress.spool_standing(p_spool text) RETURNS TABLE (entered bigint, last bigint, waiting text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT count(*), coalesce(max(s.n), 0), coalesce(string_agg(s.receipt, ' ' ORDER BY s.n) FILTER (WHERE s.state = 'waiting'), '') FROM ingress.spooled s WHERE s.spool = p_spool
$$;

GRANT SELECT ON ingress.spooled TO sallyport_api;
GRANT EXECUTE ON FUNCTION ingress.enter_spooled(text, text, bigint, text, text, text, text, bigint, bigint, text), ingress.settle_spooled(text, text, text, text, bigint),
  ingress.spool_standing(text) TO sallyport_api;
