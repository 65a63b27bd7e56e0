-- Signatures of leaves are kept once they were made (ADR 0087): an export reads them instead of having each record signed anew.

-- 1024 consecutive leaves a row: those of records run * 1024 + 1 to run * 1024 + 1024. The custodian signed each leaf, and all of them together, so whoever
-- reads a row can tell that nobody altered it here.
CREATE TABLE audit.leaf_runs (
  chain      text NOT NULL,
  generation integer NOT NULL,
  run        bigint NOT NULL CHECK (run >= 0),
  signatures bytea NOT NULL CHECK (octet_length(signatures) = 65536),
  -- Of the key that made them, and its signature over them.
  vkey       text NOT NULL CHECK (octet_length(vkey) <= 512 AND vkey ~ '^[!-~]+$'),
  signature  bytea NOT NULL CHECK (octet_length(signature) = 64),
  PRIMARY KEY (chain, generation, run),
  FOREIGN KEY (chain, generation) REFERENCES audit.generations (chain, generation)
);
-- Signatures don't compress.
ALTER TABLE audit.leaf_runs ALTER COLUMN signatures SET STORAGE EXTERNAL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.leaf_runs FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_unarchived();
ALTER TABLE audit.leaf_runs ENABLE ALWAYS TRIGGER append_only;

ALTER TABLE audit.leaf_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.leaf_runs FORCE ROW LEVEL SECURITY;
-- Read as the records are that they belong to.
CREATE POLICY within_sites ON audit.leaf_runs FOR SELECT TO sallyport_api
  USING ((CASE chain WHEN 'system' THEN chain ELSE substr(chain, 6) END) = ANY ((SELECT boundary.granted_sites())::text[]));
-- For the owner's functions below.
CREATE POLICY keep ON audit.leaf_runs FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY due ON audit.leaf_runs FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY due ON audit.checkpoints FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY archived ON audit.leaf_runs FOR DELETE TO sallyport_owner
  USING (EXISTS (SELECT 1 FROM audit.archivals a WHERE a.chain = leaf_runs.chain AND a.generation = leaf_runs.generation AND a.removed_at IS NULL));

-- Keeps a run; false where it is kept already, or its records were archived. The lock has it and a removal wait for each other: nothing is kept of what is gone.
CREATE FUNCTION audit.keep_leaf_run(p_chain text, p_generation integer, p_run bigint, p_signatures bytea, p_vkey text, p_signature bytea) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM audit.generations g WHERE g.chain = p_chain AND g.generation = p_generation FOR KEY SHARE;
  IF NOT FOUND OR EXISTS (SELECT 1 FROM audit.archivals a WHERE a.chain = p_chain AND a.generation = p_generation AND a.removed_at IS NOT NULL) THEN
    RETURN false;
  END IF;
  INSERT INTO audit.leaf_runs (chain, generation, run, signatures, vkey, signature)
  VALUES (p_chain, p_generation, p_run, p_signatures, p_vkey, p_signature) ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;

-- Of up to `p_limit` generations that are checkpointed beyond what the caller knows to be kept, the first run that isn't kept; where all are, the one that
-- comes next, and is_kept: for the caller to know. What was archived is left out. `p_from` is what is known, a line a generation (chain, generation, run),
-- between tabs; runs before those aren't looked at.
CREATE FUNCTION audit.leaf_runs_due(p_from text, p_limit integer) RETURNS TABLE (chain text, generation integer, run bigint, is_kept boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH known AS MATERIALIZED (
    SELECT split_part(line, E'\t', 1) AS chain, split_part(line, E'\t', 2)::integer AS generation, split_part(line, E'\t', 3)::bigint AS run
      FROM string_to_table(p_from, E'\n') AS line WHERE line <> '')
  SELECT w.chain, w.generation, coalesce(f.run, w.runs), f.run IS NULL
    FROM (
      SELECT g.chain, g.generation, coalesce(k.run, 0) AS run, c.size / 1024 AS runs
        FROM audit.generations g
        JOIN LATERAL (SELECT c.size FROM audit.checkpoints c WHERE c.chain = g.chain AND c.generation = g.generation ORDER BY c.size DESC LIMIT 1) c ON true
        LEFT JOIN known k ON k.chain = g.chain AND k.generation = g.generation
       WHERE coalesce(k.run, 0) < c.size / 1024
         AND NOT EXISTS (SELECT 1 FROM audit.archivals a WHERE a.chain = g.chain AND a.generation = g.generation)
       ORDER BY g.chain = 'system', g.chain COLLATE "C", g.generation LIMIT p_limit) w
    LEFT JOIN LATERAL (
      SELECT n AS run FROM generate_series(w.run, w.runs - 1) AS n
       WHERE NOT EXISTS (SELECT 1 FROM audit.leaf_runs l WHERE l.chain = w.chain AND l.generation = w.generation AND l.run = n)
       LIMIT 1) f ON true
   ORDER BY w.chain = 'system', w.chain COLLATE "C", w.generation
$$;

-- Which node keeps signatures now. One row.
CREATE TABLE audit.leaf_keeper (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  node     text NOT NULL,
  until    timestamptz NOT NULL
);

-- Takes the work for ten seconds, or keeps it; false while another node has it.
CREATE FUNCTION audit.take_leaves(p_node text) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO audit.leaf_keeper AS k (node, until) VALUES (p_node, clock_timestamp() + interval '10 seconds')
    ON CONFLICT (only_row) DO UPDATE SET node = excluded.node, until = excluded.until WHERE k.node = excluded.node OR k.until < clock_timestamp();
  RETURN FOUND;
END $$;

-- As in 0041, with the signatures of leaves.
CREATE OR REPLACE FUNCTION audit.remove_archived(p_chain text, p_generation integer) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_archival audit.archivals;
  v_count    bigint;
BEGIN
  -- First, so that nobody makes anything of it searchable meanwhile.
  PERFORM 1 FROM audit.search_progress p WHERE p.chain = p_chain FOR UPDATE;
  SELECT * INTO v_archival FROM audit.archivals a WHERE a.chain = p_chain AND a.generation = p_generation FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no archival' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF v_archival.removed_at IS NOT NULL THEN
    RETURN 0;
  END IF;
  -- Who keeps signatures of it is done before, or finds it gone.
  PERFORM 1 FROM audit.generations g WHERE g.chain = p_chain AND g.generation = p_generation FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM audit.generations g WHERE g.chain = p_chain AND g.generation = p_generation + 1 AND g.previous_seq = v_archival.size AND g.previous_mac = v_archival.mac)
     OR NOT EXISTS (SELECT 1 FROM audit.archive_bundles b WHERE b.chain = p_chain AND b.generation = p_generation AND b.digest = v_archival.manifest)
     OR (SELECT count(*) FROM audit.archivals a WHERE a.chain = p_chain AND a.generation < p_generation AND a.removed_at IS NOT NULL) <> p_generation - 1 THEN
    RAISE EXCEPTION 'not the generation that was archived' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM audit.records r WHERE r.chain = p_chain AND r.generation = p_generation;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  IF v_count <> v_archival.size THEN
    RAISE EXCEPTION 'records are missing' USING ERRCODE = 'data_exception';
  END IF;
  DELETE FROM audit.tiles t WHERE t.chain = p_chain AND t.generation = p_generation;
  DELETE FROM audit.leaf_runs l WHERE l.chain = p_chain AND l.generation = p_generation;
  DELETE FROM audit.search s WHERE s.chain = p_chain AND s.generation = p_generation;
  IF p_chain = 'system' THEN
    DELETE FROM audit.site_mentions m WHERE m.generation = p_generation;
  END IF;
  -- Nothing of it is left to be made searchable.
  UPDATE audit.search_progress p SET generation = p_generation + 1, seq = 0 WHERE p.chain = p_chain AND p.generation <= p_generation;
  UPDATE audit.archivals a SET removed_at = clock_timestamp() WHERE a.chain = p_chain AND a.generation = p_generation;
  RETURN v_count;
END $$;

GRANT SELECT ON audit.leaf_runs TO sallyport_api;
GRANT EXECUTE ON FUNCTION audit.keep_leaf_run(text, integer, bigint, bytea, text, bytea), audit.leaf_runs_due(text, integer), audit.take_leaves(text) TO sallyport_api;
