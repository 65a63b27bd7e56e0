-- What wraps and seals anew is on the trail when it is over, whoever was ended in between (ADRs 0053, 0066): a record is marked as made in its own transaction.
-- What was over before this migration is told once more: nobody can tell any more whether it was.

-- Of `moved`, how many are on the trail. The same two keys may be turned from and to more than once.
ALTER TABLE phi.rewraps ADD COLUMN told bigint NOT NULL DEFAULT 0;
ALTER TABLE phi.reencryptions ADD COLUMN is_told boolean NOT NULL DEFAULT false;

-- Jobs of which nobody is at and something isn't on the trail: over, since another turn took its place (p_from and p_to are the one that goes on now, or null),
-- or since nothing is left but what didn't open.
CREATE FUNCTION phi.untold_rewraps(p_from text, p_to text, p_node text) RETURNS SETOF phi.rewraps
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
  SELECT r.* FROM phi.rewraps r
   WHERE r.moved > r.told AND (r.until <= now() OR r.node = p_node)
     AND ((r.from_kek, r.to_kek) IS DISTINCT FROM (p_from, p_to) OR r.stuck >= (
       SELECT count(*) FROM (
         SELECT 1 FROM (SELECT 1 FROM ingress.packets p WHERE boundary.kek_of(p.wrapped) = r.from_kek LIMIT r.stuck + 1) a
         UNION ALL SELECT 1 FROM (SELECT 1 FROM phi.reference_keys k WHERE boundary.kek_of(k.wrapped) = r.from_kek LIMIT r.stuck + 1) b
         UNION ALL SELECT 1 FROM (SELECT 1 FROM phi.subjects s WHERE boundary.kek_of(s.wrapped) = r.from_kek LIMIT r.stuck + 1) c
         UNION ALL SELECT 1 FROM (SELECT 1 FROM phi.transfers t WHERE boundary.kek_of(t.wrapped) = r.from_kek LIMIT r.stuck + 1) d) e))
$$;
REVOKE EXECUTE ON FUNCTION phi.untold_rewraps(text, text, text) FROM PUBLIC;

CREATE FUNCTION phi.has_untold_rewraps(p_from text, p_to text, p_node text) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT EXISTS (SELECT 1 FROM phi.untold_rewraps(p_from, p_to, p_node)) $$;

-- Marks them as told, in the transaction of their records.
CREATE FUNCTION phi.tell_rewraps(p_from text, p_to text, p_node text) RETURNS TABLE (from_kek text, to_kek text, moved bigint, stuck bigint)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM phi.assert_rewrapping();
  RETURN QUERY
    WITH over AS MATERIALIZED (
      SELECT u.from_kek, u.to_kek FROM phi.untold_rewraps(p_from, p_to, p_node) u
    ), held AS MATERIALIZED (
      SELECT r.from_kek, r.to_kek, r.moved, r.told, r.stuck FROM phi.rewraps r JOIN over o ON o.from_kek = r.from_kek AND o.to_kek = r.to_kek
       WHERE r.moved > r.told ORDER BY r.from_kek, r.to_kek FOR UPDATE OF r
    ), told AS (
      UPDATE phi.rewraps r SET told = h.moved FROM held h WHERE r.from_kek = h.from_kek AND r.to_kek = h.to_kek)
    SELECT h.from_kek, h.to_kek, h.moved - h.told, h.stuck FROM held h;
END $$;

-- The same of what was sealed anew. A job ends once.
CREATE FUNCTION phi.tell_reencryptions() RETURNS TABLE (id text, study text, subjects bigint, fields bigint, stuck bigint)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM phi.assert_rewrapping();
  RETURN QUERY UPDATE phi.reencryptions j SET is_told = true WHERE j.ended_at IS NOT NULL AND NOT j.is_told RETURNING j.id, j.study, j.moved, j.fields, j.stuck;
END $$;

GRANT EXECUTE ON FUNCTION phi.has_untold_rewraps(text, text, text), phi.tell_rewraps(text, text, text), phi.tell_reencryptions() TO sallyport_api;

-- As in 0042, behind one in their order: those that the custodian refuses don't stand before what comes later.
CREATE FUNCTION phi.shreds_due(p_limit integer, p_after_ms bigint, p_after text)
  RETURNS TABLE (subject text, approval text, statement text, packets text, at_ms bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
  SELECT h.subject, h.approval, h.statement, h.packets, h.at_ms FROM phi.shreds h
   WHERE h.destroyed_at_ms IS NULL AND (h.at_ms, h.subject COLLATE "C") > (p_after_ms, p_after COLLATE "C") ORDER BY h.at_ms, h.subject COLLATE "C" LIMIT p_limit
$$;
DROP FUNCTION phi.shreds_due(integer);
GRANT EXECUTE ON FUNCTION phi.shreds_due(integer, bigint, text) TO sallyport_api;

-- How many stored fields are sealed with data keys under each key-encryption key: a number for people, before they turn it. Of bytes, and not of characters,
-- which takes a third of the time.
CREATE POLICY count ON phi.past_sealed_records FOR SELECT TO sallyport_owner USING (true);
CREATE FUNCTION phi.fields_under() RETURNS TABLE (kek text, fields bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
  SELECT u.kek, sum(u.n)::bigint FROM (
  SELECT boundary.kek_of(s.wrapped) AS kek, n.fields AS n
    FROM (SELECT f.subject, sum(1 + octet_length(f.fields) - octet_length(replace(f.fields, E'\n', ''))) AS fields FROM phi.sealed_records f GROUP BY 1
          UNION ALL SELECT w.subject, count(*) FROM phi.withdrawals w WHERE w.sealed IS NOT NULL GROUP BY 1) n
    JOIN phi.subjects s ON s.id = n.subject
   WHERE s.wrapped <> 'shredded'
  UNION ALL
  SELECT boundary.kek_of(t.wrapped), 1 + octet_length(p.fields) - octet_length(replace(p.fields, E'\n', ''))
    FROM phi.past_sealed_records p JOIN phi.transfers t ON t.subject = p.subject AND t.n = p.transfer WHERE t.wrapped <> 'shredded'
  ) u GROUP BY u.kek
$$;
GRANT EXECUTE ON FUNCTION phi.fields_under() TO sallyport_api;
