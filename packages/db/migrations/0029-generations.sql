-- A chain goes on in a new generation after an incident (ADR 0045).

-- Where the generation before stood when this one was opened: by the database's own word, as a head is.
ALTER TABLE audit.generations
  ADD COLUMN previous_seq bigint CHECK (previous_seq >= 0),
  ADD COLUMN previous_mac bytea CHECK (octet_length(previous_mac) = 32),
  ADD CONSTRAINT cites_previous CHECK ((generation = 1) = (previous_seq IS NULL) AND (previous_seq IS NULL) = (previous_mac IS NULL));

-- Closes a chain's generation where it stands and begins a later one; false where the chain is there already, or beyond. Who calls this without need
-- has a chain in which nothing is sealed: the custodian opens a generation of its own, for an incident.
-- A database that was put back or emptied lacks generations that there were: they are begun and closed again, empty.
CREATE FUNCTION audit.open_generation(p_chain text, p_generation integer) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_none bytea := decode(repeat('00', 32), 'hex');
  v_head audit.heads;
  v_next integer;
BEGIN
  SELECT * INTO v_head FROM audit.heads h WHERE h.chain = p_chain FOR UPDATE;
  IF NOT FOUND THEN
    IF p_chain <> 'system' AND NOT EXISTS (SELECT 1 FROM regulatory.sites s WHERE 'site:' || s.site_key = p_chain) THEN
      RAISE EXCEPTION 'no such site' USING ERRCODE = 'foreign_key_violation';
    END IF;
    INSERT INTO audit.generations (chain, generation) VALUES (p_chain, 1) ON CONFLICT DO NOTHING;
    INSERT INTO audit.heads (chain, generation, seq, mac) VALUES (p_chain, 1, 0, v_none) ON CONFLICT DO NOTHING;
    SELECT * INTO v_head FROM audit.heads h WHERE h.chain = p_chain FOR UPDATE;
  END IF;
  IF v_head.generation >= p_generation THEN
    RETURN false;
  END IF;
  FOR v_next IN v_head.generation + 1 .. p_generation LOOP
    INSERT INTO audit.generations (chain, generation, previous_seq, previous_mac) VALUES (p_chain, v_next, v_head.seq, v_head.mac) ON CONFLICT DO NOTHING;
    UPDATE audit.heads h SET generation = v_next, seq = 0, mac = v_none WHERE h.chain = p_chain;
    v_head.seq := 0;
    v_head.mac := v_none;
  END LOOP;
  RETURN true;
END $$;

GRANT EXECUTE ON FUNCTION audit.open_generation(text, integer) TO sallyport_api;
