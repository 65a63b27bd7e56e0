-- Appending costs less: runs of several chains in one statement, and less to do for each record (docs/adr: runs of several
-- chains). What is fenced, unique and append-only stays so.

-- A MAC differs from any other in its first bytes, the name of a chain doesn't: the same three columns, compared in one step.
ALTER TABLE audit.records ADD CONSTRAINT records_prev_mac_generation_chain_key UNIQUE (prev_mac, generation, chain);
ALTER TABLE audit.records DROP CONSTRAINT records_chain_generation_prev_mac_key;

-- The same test, of the bytes: length of a text calls a function for each character.
ALTER TABLE audit.records ADD CONSTRAINT records_body_ascii CHECK (octet_length(body) = length(convert_to(body, 'UTF8'), 'UTF8'));
ALTER TABLE audit.records DROP CONSTRAINT records_body_check;

-- A head moves forward in its generation, or to the next generation's start. The condition stands in the trigger, so that a
-- head that does is not asked by a function.
DROP TRIGGER forward_only ON audit.heads;
CREATE OR REPLACE FUNCTION audit.forward_only() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'a head only moves forward' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER forward_only BEFORE UPDATE ON audit.heads FOR EACH ROW
  WHEN ((NEW.chain = OLD.chain AND (
       (NEW.generation = OLD.generation AND NEW.seq > OLD.seq)
    OR (NEW.generation = OLD.generation + 1 AND NEW.seq = 0))) IS NOT TRUE)
  EXECUTE FUNCTION audit.forward_only();
ALTER TABLE audit.heads ENABLE ALWAYS TRIGGER forward_only;

-- audit.append for runs of several chains, one a chain: each moves its chain's head and is inserted if and only if that head
-- still is the given one; a run that misses leaves the others alone. Answers the numbers of those that were stored, joined
-- by newlines. A head that another transaction holds is a miss, too: one chain's lock doesn't keep the others waiting.
--
-- `p_chains`, `p_generations`, `p_seqs` and `p_firsts` have one line a run (head and place of its first record among all, from 1),
-- `p_heads` its head's MAC; `p_bodies` and `p_macs` are the records' as in audit.append, run after run.
CREATE FUNCTION audit.append_runs(p_chains text, p_generations text, p_seqs text, p_heads bytea, p_firsts text, p_bodies text, p_macs bytea)
  RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_chains      text[]    := string_to_array(p_chains, E'\n');
  v_generations integer[] := string_to_array(p_generations, E'\n')::integer[];
  v_seqs        bigint[]  := string_to_array(p_seqs, E'\n')::bigint[];
  v_firsts      integer[] := string_to_array(p_firsts, E'\n')::integer[];
  v_bodies      text[]    := string_to_array(p_bodies, E'\n');
  v_runs        integer   := cardinality(v_chains);
  v_count       integer   := cardinality(v_bodies);
  v_counts      integer[];
  v_stored      integer[];
  v_expected    bigint;
  v_inserted    bigint;
BEGIN
  SELECT array_agg(coalesce(v_firsts[r + 1], v_count + 1) - v_firsts[r] ORDER BY r) INTO v_counts FROM generate_series(1, v_runs) AS r;
  IF v_runs = 0 OR cardinality(v_generations) <> v_runs OR cardinality(v_seqs) <> v_runs OR octet_length(p_heads) <> v_runs * 32
     OR cardinality(v_firsts) <> v_runs OR v_firsts[1] <> 1 OR 1 > ANY (v_counts) OR octet_length(p_macs) <> v_count * 32 THEN
    RAISE EXCEPTION 'runs, records and MACs differ in number' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- As in audit.append: what counts is its value at the commit.
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  SELECT array_agg(l.run) INTO v_stored FROM (
    SELECT w.run::integer FROM unnest(v_chains, v_generations, v_seqs) WITH ORDINALITY AS w (chain, generation, seq, run)
      JOIN audit.heads h ON h.chain = w.chain
     WHERE h.generation = w.generation AND h.seq = w.seq AND h.mac = substr(p_heads, (w.run::integer - 1) * 32 + 1, 32)
     ORDER BY h.chain = 'system', h.chain COLLATE "C"
       FOR UPDATE OF h SKIP LOCKED) AS l (run);
  IF v_stored IS NULL THEN
    RETURN '';
  END IF;
  UPDATE audit.heads h
     SET seq = v_seqs[s.run] + v_counts[s.run], mac = substr(p_macs, (v_firsts[s.run] + v_counts[s.run] - 2) * 32 + 1, 32)
    FROM unnest(v_stored) AS s (run) WHERE h.chain = v_chains[s.run];
  INSERT INTO audit.records (chain, generation, seq, prev_mac, mac, body)
  SELECT v_chains[t.run], v_generations[t.run], v_seqs[t.run] + t.i - v_firsts[t.run] + 1,
         CASE t.i WHEN v_firsts[t.run] THEN substr(p_heads, (t.run - 1) * 32 + 1, 32) ELSE substr(p_macs, (t.i - 2) * 32 + 1, 32) END,
         substr(p_macs, (t.i - 1) * 32 + 1, 32),
         t.body
    FROM (SELECT b.body, b.i::integer AS i, width_bucket(b.i::integer, v_firsts) AS run FROM unnest(v_bodies) WITH ORDINALITY AS b (body, i)) AS t
   WHERE t.run = ANY (v_stored);
  GET DIAGNOSTICS v_inserted = ROW_COUNT;
  SELECT sum(v_counts[s.run]) INTO v_expected FROM unnest(v_stored) AS s (run);
  IF v_inserted <> v_expected THEN
    RAISE EXCEPTION 'runs and records differ in number' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN array_to_string(v_stored, E'\n');
END $$;

GRANT EXECUTE ON FUNCTION audit.append_runs(text, text, text, bytea, text, text, bytea) TO sallyport_api;
