-- The trail. Records are inserted by audit.append and by nothing else, and never change afterwards.

CREATE SCHEMA audit;

CREATE TABLE audit.generations (
  chain      text NOT NULL CHECK (chain ~ '^(system|site:[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._-]{1,64})$'),
  generation integer NOT NULL CHECK (generation >= 1),
  opened_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain, generation)
);

-- The last record of each chain's open generation; seq 0 and 32 zero bytes before the first.
-- Half-empty pages keep its updates on one page (HOT): it is the hottest row that there is.
CREATE TABLE audit.heads (
  chain      text PRIMARY KEY,
  generation integer NOT NULL,
  seq        bigint NOT NULL CHECK (seq >= 0),
  mac        bytea NOT NULL CHECK (octet_length(mac) = 32),
  FOREIGN KEY (chain, generation) REFERENCES audit.generations (chain, generation)
) WITH (fillfactor = 50);

CREATE TABLE audit.records (
  chain      text NOT NULL,
  generation integer NOT NULL,
  seq        bigint NOT NULL CHECK (seq >= 1),
  prev_mac   bytea NOT NULL CHECK (octet_length(prev_mac) = 32),
  mac        bytea NOT NULL CHECK (octet_length(mac) = 32),
  -- The exact canonical bytes that were MACed. ASCII: one byte a character; a line break can't come through audit.append.
  -- A pattern that also names the control characters would cost more than the rest of the insert; the verifiers look for them.
  body       text NOT NULL CHECK (octet_length(body) = length(body)),
  PRIMARY KEY (chain, generation, seq),
  UNIQUE (chain, generation, prev_mac)
);

CREATE TABLE audit.checkpoints (
  chain      text NOT NULL,
  generation integer NOT NULL,
  size       bigint NOT NULL CHECK (size >= 0),
  root       bytea NOT NULL CHECK (octet_length(root) = 32),
  note       text NOT NULL,
  stored_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain, generation, size),
  FOREIGN KEY (chain, generation) REFERENCES audit.generations (chain, generation)
);

-- Sealed values of changes and free-text reasons; the trail holds a salted commitment to each.
CREATE TABLE audit.changes (
  id         text PRIMARY KEY,
  request_id text NOT NULL,
  sealed     text NOT NULL,
  commitment text NOT NULL,
  stored_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.generations FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.records FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoints FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.changes FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON audit.heads FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.generations ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.records ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.checkpoints ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.changes ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.heads ENABLE ALWAYS TRIGGER never_removed;

-- A head moves forward in its generation, or to the next generation's start.
CREATE FUNCTION audit.forward_only() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.chain = OLD.chain AND (
       (NEW.generation = OLD.generation AND NEW.seq > OLD.seq)
    OR (NEW.generation = OLD.generation + 1 AND NEW.seq = 0)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'a head only moves forward' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER forward_only BEFORE UPDATE ON audit.heads FOR EACH ROW EXECUTE FUNCTION audit.forward_only();
ALTER TABLE audit.heads ENABLE ALWAYS TRIGGER forward_only;

ALTER TABLE audit.records ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.records FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.changes ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.changes FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.checkpoints ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.checkpoints FORCE ROW LEVEL SECURITY;

-- A site's records are for grants that reach the site; `system` stands in the setting beside the sites (no site key is
-- spelled so: each holds a slash).
CREATE POLICY within_sites ON audit.records FOR SELECT TO sallyport_api
  USING ((CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY verify ON audit.records FOR SELECT TO sallyport_custodian USING (true);
-- For audit.append and audit.holds, which are the owner's functions. There is no policy for UPDATE or DELETE, not even the owner's.
CREATE POLICY append ON audit.records FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY holds ON audit.records FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY store ON audit.changes FOR INSERT TO sallyport_api WITH CHECK (true);
CREATE POLICY store ON audit.checkpoints FOR INSERT TO sallyport_api WITH CHECK (true);
CREATE POLICY read ON audit.checkpoints FOR SELECT TO sallyport_api, sallyport_custodian USING (true);

-- Inserts a run of records of one chain and moves its head, if and only if the head still is the given one; one statement,
-- so a run that was sent behind a failed one finds another head and writes nothing. False: nothing was written.
-- `p_bodies` is the canonical bodies joined by newlines, `p_macs` their MACs, 32 bytes each.
CREATE FUNCTION audit.append(p_chain text, p_generation integer, p_seq bigint, p_mac bytea, p_bodies text, p_macs bytea)
  RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_bodies text[] := string_to_array(p_bodies, E'\n');
  v_count  integer := cardinality(v_bodies);
BEGIN
  IF v_count = 0 OR octet_length(p_macs) <> v_count * 32 THEN
    RAISE EXCEPTION 'records and MACs differ in number' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Any role may turn this off for its session. What counts is its value at the commit, so it is set for the transaction.
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  UPDATE audit.heads h
     SET seq = p_seq + v_count, mac = substr(p_macs, (v_count - 1) * 32 + 1, 32)
   WHERE h.chain = p_chain AND h.generation = p_generation AND h.seq = p_seq AND h.mac = p_mac;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  -- The MACs stay one bytea: substr of a bytea is constant in time, of a text it is not.
  INSERT INTO audit.records (chain, generation, seq, prev_mac, mac, body)
  SELECT p_chain, p_generation, p_seq + t.i,
         CASE t.i WHEN 1 THEN p_mac ELSE substr(p_macs, (t.i::integer - 2) * 32 + 1, 32) END,
         substr(p_macs, (t.i::integer - 1) * 32 + 1, 32),
         t.body
    FROM unnest(v_bodies) WITH ORDINALITY AS t (body, i);
  RETURN true;
END $$;

-- Locks heads in name order with `system` last; `p_chains` is joined by newlines.
CREATE FUNCTION audit.lock_heads(p_chains text)
  RETURNS TABLE (chain text, generation integer, seq bigint, mac bytea)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_chain text;
BEGIN
  FOR v_chain IN SELECT c FROM unnest(string_to_array(p_chains, E'\n')) AS c ORDER BY c = 'system', c COLLATE "C" LOOP
    RETURN QUERY SELECT h.chain, h.generation, h.seq, h.mac FROM audit.heads h WHERE h.chain = v_chain FOR UPDATE;
  END LOOP;
END $$;

CREATE FUNCTION audit.holds(p_chain text, p_generation integer, p_seq bigint, p_mac bytea) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM audit.records r
                  WHERE r.chain = p_chain AND r.generation = p_generation AND r.seq = p_seq AND r.mac = p_mac)
$$;

-- Opens a chain's first generation; false where it is open already. A site's chain needs a registered site.
CREATE FUNCTION audit.open_chain(p_chain text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_chain <> 'system' AND NOT EXISTS (SELECT 1 FROM regulatory.sites s WHERE 'site:' || s.site_key = p_chain) THEN
    RAISE EXCEPTION 'no such site' USING ERRCODE = 'foreign_key_violation';
  END IF;
  INSERT INTO audit.generations (chain, generation) VALUES (p_chain, 1) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO audit.heads (chain, generation, seq, mac) VALUES (p_chain, 1, 0, decode(repeat('00', 32), 'hex'));
  RETURN true;
END $$;

-- One page of a chain for an export, in one statement, under row security (SECURITY INVOKER).
CREATE FUNCTION audit.page(p_sites text, p_action text, p_chain text, p_generation integer, p_from bigint, p_limit integer)
  RETURNS TABLE (seq bigint, prev_mac bytea, mac bytea, body text)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  RETURN QUERY
    SELECT r.seq, r.prev_mac, r.mac, r.body FROM audit.records r
     WHERE r.chain = p_chain AND r.generation = p_generation AND r.seq >= p_from
     ORDER BY r.seq LIMIT p_limit;
END $$;

GRANT USAGE ON SCHEMA audit TO sallyport_api, sallyport_custodian;
GRANT SELECT ON audit.generations, audit.heads, audit.records, audit.checkpoints TO sallyport_api, sallyport_custodian;
GRANT INSERT ON audit.checkpoints, audit.changes TO sallyport_api;
GRANT EXECUTE ON FUNCTION
  audit.append(text, integer, bigint, bytea, text, bytea), audit.lock_heads(text), audit.holds(text, integer, bigint, bytea),
  audit.open_chain(text), audit.page(text, text, text, integer, bigint, integer) TO sallyport_api;
