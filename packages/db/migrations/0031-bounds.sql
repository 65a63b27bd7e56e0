-- Bounds that were missing: of how far a chain's head may go ahead, and of what a review of the trail takes. And a right that nothing needs.

-- Anchors are the api's to read.
REVOKE SELECT ON audit.anchors FROM sallyport_custodian;

-- As before, and no further ahead than anything needs: each generation is a row that stays.
CREATE OR REPLACE FUNCTION audit.open_generation(p_chain text, p_generation integer) RETURNS boolean
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
  IF p_generation > v_head.generation + 1000 THEN
    RAISE EXCEPTION 'a generation too far ahead' USING ERRCODE = 'insufficient_privilege';
  END IF;
  FOR v_next IN v_head.generation + 1 .. p_generation LOOP
    INSERT INTO audit.generations (chain, generation, previous_seq, previous_mac) VALUES (p_chain, v_next, v_head.seq, v_head.mac) ON CONFLICT DO NOTHING;
    UPDATE audit.heads h SET generation = v_next, seq = 0, mac = v_none WHERE h.chain = p_chain;
    v_head.seq := 0;
    v_head.mac := v_none;
  END LOOP;
  RETURN true;
END $$;

-- By the item's own number: counting them all for each was quadratic.
CREATE OR REPLACE FUNCTION audit.trail_review_items_stay() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.item > (SELECT r.items FROM audit.trail_reviews r WHERE r.id = NEW.review) THEN
    RAISE EXCEPTION 'a review has the items that it was opened with' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- What is there already stays.
ALTER TABLE audit.trail_review_assignments ADD CONSTRAINT assignments_max CHECK (n <= 1000) NOT VALID;
ALTER TABLE audit.trail_review_entries ADD CONSTRAINT entries_max CHECK (n <= 100) NOT VALID;
