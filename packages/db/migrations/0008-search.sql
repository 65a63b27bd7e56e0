-- The search beside the trail: what records say, in columns, filled in after the fact. It proves nothing and can be made anew from
-- the records at any time; what a record says is read from audit.records.

CREATE TABLE audit.search (
  chain      text COLLATE "C" NOT NULL,
  generation integer NOT NULL,
  seq        bigint NOT NULL,
  at_ms      bigint NOT NULL,
  principal  text COLLATE "C" NOT NULL,
  role       text COLLATE "C" NOT NULL,
  workload   text COLLATE "C" NOT NULL,
  action     text COLLATE "C" NOT NULL,
  resource   text COLLATE "C" NOT NULL,
  site       text COLLATE "C" NOT NULL,
  decision   text COLLATE "C" NOT NULL,
  reason     text COLLATE "C" NOT NULL,
  request_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (chain, generation, seq)
);

-- One index for each filter, each in the order of the keyset, so that any filter alone is read off in the order in which it is shown.
-- Collation "C" orders by bytes: a prefix is a range (as with text_pattern_ops), and a comparison is a memcmp.
CREATE INDEX search_time ON audit.search (at_ms, chain, generation, seq);
CREATE INDEX search_chain ON audit.search (chain, at_ms, generation, seq);
CREATE INDEX search_principal ON audit.search (principal, at_ms, chain, generation, seq);
CREATE INDEX search_workload ON audit.search (workload, at_ms, chain, generation, seq);
CREATE INDEX search_action ON audit.search (action, at_ms, chain, generation, seq);
CREATE INDEX search_resource ON audit.search (resource, at_ms, chain, generation, seq);
CREATE INDEX search_decision ON audit.search (decision, at_ms, chain, generation, seq);
CREATE INDEX search_reason ON audit.search (reason, at_ms, chain, generation, seq);
CREATE INDEX search_request ON audit.search (request_id, at_ms, chain, generation, seq);

-- How far each chain is searchable. Its row is the lock that keeps two indexers of one chain apart.
CREATE TABLE audit.search_progress (
  chain      text COLLATE "C" PRIMARY KEY,
  generation integer NOT NULL,
  seq        bigint NOT NULL
);

-- Crossings counted by the minute and by the hour, so that a chart of a week costs no scan of a week.
CREATE TABLE audit.search_counts (
  span_s   integer NOT NULL CHECK (span_s IN (60, 3600)),
  start_ms bigint NOT NULL,
  chain    text COLLATE "C" NOT NULL,
  decision text COLLATE "C" NOT NULL,
  reason   text COLLATE "C" NOT NULL,
  n        bigint NOT NULL,
  PRIMARY KEY (span_s, start_ms, chain, decision, reason)
);

ALTER TABLE audit.search ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.search FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.search_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.search_counts FORCE ROW LEVEL SECURITY;

-- As for the records themselves.
CREATE POLICY within_sites ON audit.search FOR SELECT TO sallyport_api
  USING ((CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
CREATE POLICY within_sites ON audit.search_counts FOR SELECT TO sallyport_api
  USING ((CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
-- For the indexer alone, which is the owner's function.
CREATE POLICY fill ON audit.search FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY conflict ON audit.search FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY fill ON audit.search_counts FOR ALL TO sallyport_owner USING (true) WITH CHECK (true);

-- Takes over at most p_limit records of one chain, and answers how many: 0 where nothing is new or another node is at it.
-- Rows, counts and progress commit together, so a record is counted once, whoever indexes it and however often that is tried.
-- A body that can't be read any more is left out: verification finds it, and the search goes on behind it.
CREATE FUNCTION audit.index_chain(p_chain text, p_limit integer) RETURNS integer
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
      FROM stored s CROSS JOIN (VALUES (60), (3600)) AS w (span_s) GROUP BY 1, 2, s.decision, s.reason
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

-- The chains whose head is ahead of the search.
CREATE FUNCTION audit.unindexed_chains() RETURNS TABLE (chain text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT h.chain FROM audit.heads h LEFT JOIN audit.search_progress p ON p.chain = h.chain
   WHERE (p.chain IS NULL AND (h.generation > 1 OR h.seq > 0)) OR p.generation < h.generation OR (p.generation = h.generation AND p.seq < h.seq)
   ORDER BY h.chain COLLATE "C"
$$;

-- The conditions of a filter, as text for EXECUTE: the names of parameters, and no value of anybody. In the order of search_rows' USING.
CREATE FUNCTION audit.search_conditions(p_filter json) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat(
    CASE WHEN p_filter ->> 'principal' IS NOT NULL THEN ' AND s.principal = $1 ->> ''principal''' END,
    CASE WHEN p_filter ->> 'workload' IS NOT NULL THEN ' AND s.workload = $1 ->> ''workload''' END,
    CASE WHEN p_filter ->> 'action' IS NOT NULL THEN ' AND s.action = $1 ->> ''action''' END,
    CASE WHEN p_filter ->> 'resource' IS NOT NULL THEN ' AND s.resource >= $1 ->> ''resource'' AND s.resource < ($1 ->> ''resource'') || chr(127)' END,
    CASE WHEN p_filter ->> 'reason' IS NOT NULL THEN ' AND s.reason = $1 ->> ''reason''' END,
    CASE WHEN p_filter ->> 'requestId' IS NOT NULL THEN ' AND s.request_id = $1 ->> ''requestId''' END,
    CASE WHEN p_filter ->> 'fromMs' IS NOT NULL THEN ' AND s.at_ms >= ($1 ->> ''fromMs'')::bigint' END,
    CASE WHEN p_filter ->> 'untilMs' IS NOT NULL THEN ' AND s.at_ms < ($1 ->> ''untilMs'')::bigint' END)
$$;

-- What drives a search: one inner scan for each chain and each outcome that is asked for, so that every scan reads one index in order.
-- $1 the filter, $2 the place to go on from.
CREATE FUNCTION audit.search_drivers(p_filter json) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat('(SELECT 1) AS one',
    CASE WHEN p_filter ->> 'chains' IS NOT NULL THEN ' CROSS JOIN json_array_elements_text($1 -> ''chains'') AS c (chain)' END,
    CASE WHEN p_filter ->> 'outcome' IS NOT NULL THEN ' CROSS JOIN json_array_elements_text($1 -> ''outcome'') AS d (decision)' END)
$$;
CREATE FUNCTION audit.search_driven(p_filter json) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat(
    CASE WHEN p_filter ->> 'chains' IS NOT NULL THEN ' AND s.chain = c.chain COLLATE "C"' END,
    CASE WHEN p_filter ->> 'outcome' IS NOT NULL THEN ' AND s.decision = d.decision COLLATE "C"' END)
$$;

-- One page of a search in the order of time, newest first or (for an export) oldest first, under row security (SECURITY INVOKER).
-- The text is put together anew each time, because only a plan for the very filter reads the right index.
CREATE FUNCTION audit.search_rows(p_sites text, p_action text, p_filter text, p_after text, p_limit integer, p_oldest_first boolean, p_lines boolean)
  RETURNS TABLE (chain text, generation integer, seq bigint, at_ms bigint, principal text, role text, workload text, action text, resource text,
                 site text, decision text, reason text, request_id text, body text, mac bytea)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_filter json := p_filter;
  v_after  json := p_after;
  v_way    text := CASE WHEN p_oldest_first THEN 'ASC' ELSE 'DESC' END;
  v_order  text := format('at_ms %1$s, chain %1$s, generation %1$s, seq %1$s', v_way);
  v_place  text := '';
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  IF v_after IS NOT NULL THEN
    -- The first condition says nothing new; it bounds the scan of an index that doesn't begin with the time.
    v_place := format(' AND s.at_ms %1$s= ($2 ->> ''at'')::bigint AND (s.at_ms, s.chain, s.generation, s.seq) %1$s '
      '(($2 ->> ''at'')::bigint, ($2 ->> ''chain'') COLLATE "C", ($2 ->> ''generation'')::integer, ($2 ->> ''seq'')::bigint)', CASE WHEN p_oldest_first THEN '>' ELSE '<' END);
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT x.chain::text, x.generation, x.seq, x.at_ms, x.principal::text, x.role::text, x.workload::text, x.action::text, x.resource::text, x.site::text, x.decision::text,
            x.reason::text, x.request_id::text, %s
       FROM (SELECT x.* FROM %s CROSS JOIN LATERAL (SELECT s.* FROM audit.search s WHERE true%s%s%s ORDER BY %s LIMIT %s) x ORDER BY %s LIMIT %s) x %s ORDER BY %s',
    CASE WHEN p_lines THEN 'r.body, r.mac' ELSE 'NULL::text, NULL::bytea' END,
    audit.search_drivers(v_filter), audit.search_driven(v_filter), audit.search_conditions(v_filter), v_place, v_order, p_limit, v_order, p_limit,
    CASE WHEN p_lines THEN 'JOIN audit.records r ON r.chain = x.chain AND r.generation = x.generation AND r.seq = x.seq' END,
    format('x.at_ms %1$s, x.chain %1$s, x.generation %1$s, x.seq %1$s', v_way))
    USING v_filter, v_after;
END $$;

-- How many match, counted no further than p_bound, and the newest record that the search knows of in those chains.
CREATE FUNCTION audit.search_count(p_sites text, p_action text, p_filter text, p_bound integer) RETURNS TABLE (n bigint, until_ms bigint)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_filter json := p_filter;
  v_chains json := json_build_object('chains', v_filter -> 'chains');
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  RETURN QUERY EXECUTE format(
    'SELECT (SELECT count(*) FROM (SELECT 1 FROM %s CROSS JOIN LATERAL (SELECT 1 FROM audit.search s WHERE true%s%s LIMIT %s) x LIMIT %s) y),
            (SELECT max(x.at_ms) FROM %s CROSS JOIN LATERAL (SELECT s.at_ms FROM audit.search s WHERE true%s ORDER BY s.at_ms DESC LIMIT 1) x)',
    audit.search_drivers(v_filter), audit.search_driven(v_filter), audit.search_conditions(v_filter), p_bound, p_bound,
    audit.search_drivers(v_chains), audit.search_driven(v_chains))
    USING v_filter;
END $$;

-- What matches and came between two positions of each chain, newest first: [{chain, generation, seq, to_generation, to_seq}].
CREATE FUNCTION audit.search_since(p_sites text, p_action text, p_filter text, p_between text, p_limit integer)
  RETURNS TABLE (chain text, generation integer, seq bigint, at_ms bigint, principal text, role text, workload text, action text, resource text,
                 site text, decision text, reason text, request_id text)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_filter json := (p_filter::jsonb - 'chains')::json;
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  RETURN QUERY EXECUTE format(
    'SELECT x.chain::text, x.generation, x.seq, x.at_ms, x.principal::text, x.role::text, x.workload::text, x.action::text, x.resource::text, x.site::text, x.decision::text,
            x.reason::text, x.request_id::text
       FROM json_to_recordset($2) AS p (chain text, generation integer, seq bigint, to_generation integer, to_seq bigint) CROSS JOIN %s
      CROSS JOIN LATERAL (SELECT s.* FROM audit.search s
         WHERE s.chain = p.chain COLLATE "C" AND (s.generation, s.seq) > (p.generation, p.seq) AND (s.generation, s.seq) <= (p.to_generation, p.to_seq)%s%s
         ORDER BY s.generation DESC, s.seq DESC LIMIT %s) x
      ORDER BY x.at_ms DESC, x.chain DESC, x.generation DESC, x.seq DESC LIMIT %s',
    audit.search_drivers(v_filter), audit.search_driven(v_filter), audit.search_conditions(v_filter), p_limit, p_limit)
    USING v_filter, p_between::json;
END $$;

-- Crossings by time and outcome, and refusals by reason, from the counts. Rows with a start are buckets, those with a reason are not.
CREATE FUNCTION audit.search_outcomes(p_sites text, p_action text, p_span_s integer, p_bucket_ms bigint, p_from_ms bigint)
  RETURNS TABLE (start_ms bigint, decision text, reason text, n bigint)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  RETURN QUERY
    SELECT t.start_ms, t.decision::text, t.reason::text, sum(t.n)::bigint
      FROM (SELECT c.start_ms - c.start_ms % p_bucket_ms AS start_ms, c.decision, c.reason, c.n FROM audit.search_counts c
             WHERE c.span_s = p_span_s AND c.start_ms >= p_from_ms) t
     GROUP BY GROUPING SETS ((t.start_ms, t.decision), (t.decision, t.reason))
    HAVING t.start_ms IS NOT NULL OR t.decision = 'deny';
END $$;

-- Who crossed lately, by workload, act and outcome; of no more than p_bound crossings.
CREATE FUNCTION audit.search_flows(p_sites text, p_action text, p_from_ms bigint, p_bound integer)
  RETURNS TABLE (workload text, action text, decision text, n bigint)
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('sallyport.sites', p_sites, true), set_config('sallyport.action', p_action, true);
  RETURN QUERY
    SELECT t.workload::text, t.action::text, t.decision::text, count(*)
      FROM (SELECT s.workload, s.action, s.decision FROM audit.search s WHERE s.at_ms >= p_from_ms ORDER BY s.at_ms DESC LIMIT p_bound) t
     GROUP BY t.workload, t.action, t.decision;
END $$;

GRANT SELECT ON audit.search, audit.search_progress, audit.search_counts TO sallyport_api;
GRANT EXECUTE ON FUNCTION
  audit.index_chain(text, integer), audit.unindexed_chains(), audit.search_conditions(json), audit.search_drivers(json), audit.search_driven(json),
  audit.search_rows(text, text, text, text, integer, boolean, boolean), audit.search_count(text, text, text, integer),
  audit.search_since(text, text, text, text, integer), audit.search_outcomes(text, text, integer, bigint, bigint),
  audit.search_flows(text, text, bigint, integer) TO sallyport_api;
