-- What a million records showed (bench: search): row security that a plan can reckon with, indexes for the filters that are asked together,
-- counts that look at no more than they are told to, and counts by quarters of a day.

-- The chains that a transaction's grants reach, as one list that is made once in a statement. A comparison with the column itself is
-- cheap on a row, and its share of rows can be estimated; of a CASE over the column nobody knows it.
CREATE FUNCTION audit.granted_chains() RETURNS text[]
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT array_agg(CASE s WHEN 'system' THEN s ELSE 'site:' || s END) FROM unnest(boundary.granted_sites()) AS s $$;
GRANT EXECUTE ON FUNCTION audit.granted_chains() TO sallyport_api;
ALTER POLICY within_sites ON audit.search USING (chain = ANY ((SELECT audit.granted_chains())::text[]));
ALTER POLICY within_sites ON audit.search_counts USING (chain = ANY ((SELECT audit.granted_chains())::text[]));

-- Who, what and how it ended, asked together: each alone is frequent, and two of them may hardly ever meet.
CREATE INDEX search_who_what ON audit.search (principal, action, at_ms, chain, generation, seq);
CREATE INDEX search_who_outcome ON audit.search (principal, decision, at_ms, chain, generation, seq);
CREATE INDEX search_what_outcome ON audit.search (action, decision, at_ms, chain, generation, seq);

ALTER TABLE audit.search_counts DROP CONSTRAINT search_counts_span_s_check;
ALTER TABLE audit.search_counts ADD CONSTRAINT search_counts_span_s_check CHECK (span_s IN (60, 3600, 21600));
INSERT INTO audit.search_counts (span_s, start_ms, chain, decision, reason, n)
SELECT 21600, c.start_ms - c.start_ms % 21600000, c.chain, c.decision, c.reason, sum(c.n) FROM audit.search_counts c WHERE c.span_s = 3600 GROUP BY 1, 2, 3, 4, 5;

-- As before, with the quarters of a day.
CREATE OR REPLACE FUNCTION audit.index_chain(p_chain text, p_limit integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_generation integer;
  v_seq        bigint;
  v_last       bigint;
  v_count      integer;
BEGIN
  INSERT INTO audit.search_progress (chain, generation, seq)
    SELECT g.chain, min(g.generation), 0 FROM audit.generations g WHERE g.chain = p_chain GROUP BY g.chain
    ON CONFLICT DO NOTHING;
  SELECT p.generation, p.seq INTO v_generation, v_seq FROM audit.search_progress p WHERE p.chain = p_chain FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  WITH fresh AS MATERIALIZED (
    SELECT r.seq, CASE WHEN pg_input_is_valid(r.body, 'jsonb') THEN r.body::jsonb END AS body FROM audit.records r
     WHERE r.chain = p_chain AND r.generation = v_generation AND r.seq > v_seq ORDER BY r.seq LIMIT p_limit
  ), read AS (
    SELECT f.seq, f.body ->> 'timestamp_utc' AS at, coalesce(f.body ->> 'principal', '') AS principal, coalesce(f.body ->> 'role', '') AS role,
           coalesce(f.body ->> 'workload', '') AS workload, coalesce(f.body ->> 'action', '') AS action, coalesce(f.body ->> 'resource', '') AS resource,
           coalesce(f.body ->> 'site', '') AS site, coalesce(f.body ->> 'decision', '') AS decision, coalesce(f.body ->> 'reason', '') AS reason,
           coalesce(f.body ->> 'request_id', '') AS request_id
      FROM fresh f
     WHERE f.body ->> 'timestamp_utc' ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z$' AND pg_input_is_valid(f.body ->> 'timestamp_utc', 'timestamptz')
  ), stored AS (
    INSERT INTO audit.search (chain, generation, seq, at_ms, principal, role, workload, action, resource, site, decision, reason, request_id)
    -- A btree entry has to fit on a third of a page; no value of ours comes near.
    SELECT p_chain, v_generation, t.seq, (extract(epoch FROM t.at::timestamptz) * 1000)::bigint, left(t.principal, 400), left(t.role, 400), left(t.workload, 400),
           left(t.action, 400), left(t.resource, 400), left(t.site, 400), left(t.decision, 40), left(t.reason, 400), left(t.request_id, 400)
      FROM read t
    ON CONFLICT DO NOTHING
    RETURNING at_ms, decision, reason
  ), counted AS (
    INSERT INTO audit.search_counts AS c (span_s, start_ms, chain, decision, reason, n)
    SELECT w.span_s, s.at_ms - s.at_ms % (w.span_s * 1000), p_chain, s.decision, s.reason, count(*)
      FROM stored s CROSS JOIN (VALUES (60), (3600), (21600)) AS w (span_s) GROUP BY 1, 2, s.decision, s.reason
    ON CONFLICT (span_s, start_ms, chain, decision, reason) DO UPDATE SET n = c.n + excluded.n
  )
  SELECT count(*), max(f.seq) INTO v_count, v_last FROM fresh f;
  IF v_count > 0 THEN
    UPDATE audit.search_progress p SET seq = v_last WHERE p.chain = p_chain;
  ELSIF EXISTS (SELECT 1 FROM audit.heads h WHERE h.chain = p_chain AND h.generation > v_generation) THEN
    -- The head has left this generation, so nothing comes to it any more.
    UPDATE audit.search_progress p SET generation = v_generation + 1, seq = 0 WHERE p.chain = p_chain;
    RETURN 1;
  END IF;
  RETURN v_count;
END $$;

-- A reason and a request's id tell more than an outcome: with one of them, outcomes are looked at on the row and drive no scan of their own.
CREATE OR REPLACE FUNCTION audit.search_drivers(p_filter json) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat('(SELECT 1) AS one',
    CASE WHEN p_filter ->> 'chains' IS NOT NULL THEN ' CROSS JOIN json_array_elements_text($1 -> ''chains'') AS c (chain)' END,
    CASE WHEN p_filter ->> 'outcome' IS NOT NULL AND p_filter ->> 'reason' IS NULL AND p_filter ->> 'requestId' IS NULL
         THEN ' CROSS JOIN json_array_elements_text($1 -> ''outcome'') AS d (decision)' END)
$$;
CREATE OR REPLACE FUNCTION audit.search_driven(p_filter json) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat(
    CASE WHEN p_filter ->> 'chains' IS NOT NULL THEN ' AND s.chain = c.chain COLLATE "C"' END,
    CASE WHEN p_filter ->> 'outcome' IS NULL THEN NULL
         WHEN p_filter ->> 'reason' IS NULL AND p_filter ->> 'requestId' IS NULL THEN ' AND s.decision = d.decision COLLATE "C"'
         ELSE ' AND s.decision = ANY (ARRAY(SELECT json_array_elements_text($1 -> ''outcome'')))' END)
$$;

-- How many match, counted no further than p_bound. Where no one index answers all conditions together, the newest p_looks records that
-- fulfil the most telling of them are looked at: then n is what was found among those, and is_more says that there may be more. With the
-- newest searchable record.
DROP FUNCTION audit.search_count(text, text, text, integer);
CREATE FUNCTION audit.search_count(p_sites text, p_action text, p_filter text, p_bound integer, p_looks integer)
  RETURNS TABLE (n bigint, is_more boolean, until_ms bigint)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_filter json := p_filter;
  v_chains json := json_build_object('chains', v_filter -> 'chains');
  v_asked  text[] := ARRAY(SELECT e.key FROM json_each_text(v_filter) AS e WHERE e.value IS NOT NULL AND e.key NOT IN ('fromMs', 'untilMs'));
  -- The most telling kinds first; those of two stand together in an index.
  v_best   text[] := coalesce((SELECT array_agg(k.kind) FROM (
    SELECT o, string_to_array(kinds, '+') AS kinds FROM unnest(ARRAY['requestId', 'reason', 'principal+outcome', 'principal+action', 'action+outcome', 'outcome', 'chains',
           'principal', 'action', 'resource', 'workload']) WITH ORDINALITY AS t (kinds, o) WHERE string_to_array(kinds, '+') <@ v_asked ORDER BY o LIMIT 1) AS best,
    unnest(best.kinds) AS k (kind)), '{}');
  v_first  json;
  v_rest   json;
  v_limit  integer := CASE WHEN v_asked <@ v_best THEN p_bound ELSE p_looks END;
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  SELECT coalesce(json_object_agg(e.key, e.value) FILTER (WHERE e.key = ANY (v_best) OR e.key IN ('fromMs', 'untilMs')), '{}'),
         coalesce(json_object_agg(e.key, e.value) FILTER (WHERE NOT e.key = ANY (v_best) AND e.key NOT IN ('fromMs', 'untilMs')), '{}')
    INTO v_first, v_rest FROM json_each(v_filter) AS e;
  RETURN QUERY EXECUTE format(
    'SELECT least(c.matching, %s), c.looked > %s, (SELECT max(x.at_ms) FROM %s CROSS JOIN LATERAL (SELECT s.at_ms FROM audit.search s WHERE true%s ORDER BY s.at_ms DESC LIMIT 1) x)
       FROM (SELECT count(*) FILTER (WHERE true%s%s%s) AS matching, count(*) AS looked
               FROM (SELECT x.* FROM %s CROSS JOIN LATERAL (SELECT s.* FROM audit.search s WHERE true%s%s%s LIMIT %s) x LIMIT %s) s) c',
    v_limit, v_limit, audit.search_drivers(v_chains), audit.search_driven(v_chains),
    CASE WHEN v_rest ->> 'chains' IS NOT NULL THEN ' AND s.chain = ANY (ARRAY(SELECT json_array_elements_text($1 -> ''chains'')))' END,
    CASE WHEN v_rest ->> 'outcome' IS NOT NULL THEN ' AND s.decision = ANY (ARRAY(SELECT json_array_elements_text($1 -> ''outcome'')))' END,
    audit.search_conditions(v_rest), audit.search_drivers(v_first), audit.search_driven(v_first), audit.search_conditions(v_first),
    -- A prefix is no one value, so its range is in no order of time; sorting it would cost more than it tells.
    CASE WHEN v_limit = p_looks AND v_best <> ARRAY['resource'] THEN ' ORDER BY s.at_ms DESC, s.chain DESC, s.generation DESC, s.seq DESC' END, v_limit + 1, v_limit + 1)
    USING v_filter;
END $$;
GRANT EXECUTE ON FUNCTION audit.search_count(text, text, text, integer, integer) TO sallyport_api;
