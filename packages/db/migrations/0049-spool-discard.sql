-- What waits in a spool is discarded upon two people's word, and its replay may be wanted at once (ADR 0081).

ALTER TABLE ingress.spooled
  -- Since when a node sends it through the boundary; kept by a crash, until that node has taken it up again. Such a one is not discarded.
  ADD COLUMN begun_ms bigint,
  ADD COLUMN approval text REFERENCES approvals.requests (id),
  -- When its node let go of what was sealed.
  ADD COLUMN let_go_ms bigint,
  DROP CONSTRAINT spooled_state_check,
  ADD CONSTRAINT spooled_state_check CHECK (state IN ('waiting', 'replayed', 'refused', 'discarded')),
  ADD CONSTRAINT discarded_upon_approval CHECK ((state = 'discarded') = (approval IS NOT NULL)),
  ADD CONSTRAINT let_go_when_discarded CHECK (state = 'discarded' OR let_go_ms IS NULL);
CREATE INDEX spooled_kept ON ingress.spooled (spool) WHERE state = 'discarded' AND let_go_ms IS NULL;

-- While it waits, its replay begins and is given up; it is settled once; once it is discarded, its node lets go of it, once. Nothing else ever changes.
CREATE OR REPLACE FUNCTION ingress.settled_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_changed text[] := ARRAY(SELECT n.key FROM jsonb_each(to_jsonb(NEW)) n WHERE n.value IS DISTINCT FROM to_jsonb(OLD) -> n.key);
BEGIN
  IF NOT (CASE
       WHEN OLD.state = 'waiting' AND NEW.state = 'waiting' THEN v_changed <@ '{begun_ms}'
       WHEN OLD.state = 'waiting' AND NEW.state = 'discarded' THEN OLD.begun_ms IS NULL AND v_changed <@ '{state,settled_ms,approval}'
       WHEN OLD.state = 'waiting' THEN v_changed <@ '{state,reason,request_id,settled_ms}'
       ELSE OLD.state = 'discarded' AND OLD.let_go_ms IS NULL AND v_changed <@ '{let_go_ms}'
     END) THEN
    RAISE EXCEPTION 'a request that was handed over is settled once' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- Begins a request's replay, or gives it up (null); false where it doesn't wait any more.
CREATE FUNCTION ingress.replay_spooled(p_receipt text, p_begun_ms bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE ingress.spooled s SET begun_ms = p_begun_ms WHERE s.receipt = p_receipt AND s.state = 'waiting';
  RETURN FOUND;
END $$;

-- Those of these that are known, held until the transaction ends.
CREATE FUNCTION ingress.hold_spooled(p_receipts text)
  RETURNS TABLE (receipt text, principal text, taken_ms bigint, bytes bigint, sha256 text, is_waiting boolean)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF boundary.granted_action() NOT IN ('spool.discard', 'approval.decide') THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN QUERY
    SELECT s.receipt, s.principal, s.taken_ms, s.bytes, s.sha256, s.state = 'waiting' AND s.begun_ms IS NULL
      FROM ingress.spooled s WHERE s.receipt = ANY (string_to_array(p_receipts, ' ')) ORDER BY s.receipt FOR UPDATE;
END $$;

-- Discards what an approval names, all of it or nothing; answers how many.
CREATE FUNCTION ingress.discard_spooled(p_approval text, p_at_ms bigint) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_named jsonb := approvals.payload_approved(p_approval, 'spool.discard') -> 'receipts';
  v_count integer;
BEGIN
  IF v_named IS NULL OR boundary.granted_action() <> 'approval.decide' THEN
    RAISE EXCEPTION 'not approved' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE ingress.spooled s SET state = 'discarded', settled_ms = p_at_ms, approval = p_approval
   WHERE s.receipt IN (SELECT jsonb_array_elements_text(v_named)) AND s.state = 'waiting' AND s.begun_ms IS NULL;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  IF v_count <> jsonb_array_length(v_named) THEN
    RAISE EXCEPTION 'not all of them wait' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN v_count;
END $$;

-- Those of a spool that were discarded, and whose sealed content its node still has.
CREATE FUNCTION ingress.discarded_spooled(p_spool text) RETURNS TABLE (receipt text, approval text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.receipt, s.approval FROM ingress.spooled s WHERE s.spool = p_spool AND s.state = 'discarded' AND s.let_go_ms IS NULL ORDER BY s.n
$$;

-- Its node lets go of one that was discarded; false where it did before.
CREATE FUNCTION ingress.let_go_spooled(p_receipt text, p_at_ms bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE ingress.spooled s SET let_go_ms = p_at_ms WHERE s.receipt = p_receipt AND s.state = 'discarded' AND s.let_go_ms IS NULL;
  RETURN FOUND;
END $$;

-- Each time that somebody wanted what waits to be replayed at once. A node replays once for those that it hasn't seen.
CREATE TABLE ingress.replays_wanted (
  n     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  by_id text NOT NULL,
  at_ms bigint NOT NULL
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ingress.replays_wanted FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE ingress.replays_wanted ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ingress.replays_wanted ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.replays_wanted FORCE ROW LEVEL SECURITY;
-- The functions here alone, which are the owner's.
CREATE POLICY want ON ingress.replays_wanted FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY look ON ingress.replays_wanted FOR SELECT TO sallyport_owner USING (true);

-- Wants it; answers how many wait, and does nothing where none does.
CREATE FUNCTION ingress.want_replay(p_at_ms bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_waiting bigint := (SELECT count(*) FROM ingress.spooled s WHERE s.state = 'waiting');
BEGIN
  IF boundary.granted_action() <> 'spool.replay' THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF v_waiting > 0 THEN
    INSERT INTO ingress.replays_wanted (by_id, at_ms) VALUES (boundary.granted_principal(), p_at_ms);
  END IF;
  RETURN v_waiting;
END $$;

-- How often it was wanted.
CREATE FUNCTION ingress.last_replay_wanted() RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT coalesce(max(w.n), 0) FROM ingress.replays_wanted w $$;

GRANT EXECUTE ON FUNCTION ingress.replay_spooled(text, bigint), ingress.hold_spooled(text), ingress.discard_spooled(text, bigint), ingress.discarded_spooled(text),
  ingress.let_go_spooled(text, bigint), ingress.want_replay(bigint), ingress.last_replay_wanted() TO sallyport_api;
