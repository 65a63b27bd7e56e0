-- The Merkle tree of each generation, kept in tiles beside its records, so that a proof reads a handful of rows; and the anchors of checkpoints elsewhere.

-- Complete tiles: 256 hashes of perfect subtrees of 256^level leaves each, and the root over them. A tile is made of records by audit.extend_tree
-- and of nothing else; whoever reads one proves what it says under a signed root.
CREATE TABLE audit.tiles (
  chain      text NOT NULL,
  generation integer NOT NULL,
  level      smallint NOT NULL CHECK (level BETWEEN 0 AND 5),
  idx        bigint NOT NULL CHECK (idx >= 0),
  hashes     bytea NOT NULL CHECK (octet_length(hashes) = 8192),
  root       bytea NOT NULL CHECK (octet_length(root) = 32),
  PRIMARY KEY (chain, generation, level, idx),
  FOREIGN KEY (chain, generation) REFERENCES audit.generations (chain, generation)
);
-- Hashes don't compress; trying to would be half of the work.
ALTER TABLE audit.tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tiles FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.tiles ENABLE ALWAYS TRIGGER append_only;

-- The leaf hashes of records, 32 bytes each in order of seq (docs/spec/checkpoint-v1.md, section 1): SHA-256 of a zero byte and the exported line, whose
-- `mac` stands before `policy`. Hashes alone, so it needs no grant over the records.
CREATE FUNCTION audit.leaf_hashes(p_chain text, p_generation integer, p_from bigint, p_to bigint) RETURNS bytea
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(string_agg(sha256('\x00'::bytea || convert_to(
           left(r.body, strpos(r.body, ',"policy":"')) || '"mac":"' || encode(r.mac, 'hex') || '"' || substr(r.body, strpos(r.body, ',"policy":"')), 'UTF8')), ''::bytea ORDER BY r.seq), ''::bytea)
    FROM audit.records r WHERE r.chain = p_chain AND r.generation = p_generation AND r.seq BETWEEN p_from AND p_to
$$;

-- The root over 256 hashes (RFC 6962 §2.1).
CREATE FUNCTION audit.tile_root(p_hashes bytea) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_hashes bytea := p_hashes;
  v_next   bytea;
BEGIN
  WHILE octet_length(v_hashes) > 32 LOOP
    SELECT string_agg(sha256('\x01'::bytea || substr(v_hashes, i * 64 + 1, 64)), ''::bytea ORDER BY i) INTO v_next
      FROM generate_series(0, octet_length(v_hashes) / 64 - 1) AS i;
    v_hashes := v_next;
  END LOOP;
  RETURN v_hashes;
END $$;

-- Adds up to `p_limit` complete tiles that a generation of `p_size` records has and that are missing, and answers how many it added. Two at once make the
-- same tiles, and one of them keeps them.
CREATE FUNCTION audit.extend_tree(p_chain text, p_generation integer, p_size bigint, p_limit integer) RETURNS integer
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_added  integer := 0;
  v_level  smallint := 0;
  v_width  bigint := 256;
  v_idx    bigint;
  v_hashes bytea;
BEGIN
  WHILE v_width <= p_size LOOP
    SELECT coalesce(max(t.idx) + 1, 0) INTO v_idx FROM audit.tiles t WHERE t.chain = p_chain AND t.generation = p_generation AND t.level = v_level;
    WHILE (v_idx + 1) * v_width <= p_size LOOP
      IF v_added >= p_limit THEN
        RETURN v_added;
      END IF;
      IF v_level = 0 THEN
        v_hashes := audit.leaf_hashes(p_chain, p_generation, v_idx * 256 + 1, v_idx * 256 + 256);
      ELSE
        SELECT string_agg(t.root, ''::bytea ORDER BY t.idx) INTO v_hashes FROM audit.tiles t
         WHERE t.chain = p_chain AND t.generation = p_generation AND t.level = v_level - 1 AND t.idx BETWEEN v_idx * 256 AND v_idx * 256 + 255;
      END IF;
      -- A gap in the records or below: there is nothing to prove here.
      IF v_hashes IS NULL OR octet_length(v_hashes) <> 8192 THEN
        RETURN v_added;
      END IF;
      INSERT INTO audit.tiles (chain, generation, level, idx, hashes, root)
      VALUES (p_chain, p_generation, v_level, v_idx, v_hashes, audit.tile_root(v_hashes)) ON CONFLICT DO NOTHING;
      v_added := v_added + 1;
      v_idx := v_idx + 1;
    END LOOP;
    v_level := v_level + 1;
    v_width := v_width * 256;
  END LOOP;
  RETURN v_added;
END $$;

-- A tile of the tree of `p_size` records: whole, or as far as that tree reaches.
CREATE FUNCTION audit.tile(p_chain text, p_generation integer, p_level integer, p_idx bigint, p_size bigint) RETURNS bytea
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_count  bigint := least(256, p_size / (256::numeric ^ p_level)::bigint - p_idx * 256);
  v_hashes bytea;
BEGIN
  IF v_count <= 0 THEN
    RETURN ''::bytea;
  END IF;
  SELECT t.hashes INTO v_hashes FROM audit.tiles t WHERE t.chain = p_chain AND t.generation = p_generation AND t.level = p_level AND t.idx = p_idx;
  IF v_hashes IS NOT NULL THEN
    RETURN substr(v_hashes, 1, v_count::integer * 32);
  END IF;
  IF p_level = 0 THEN
    RETURN audit.leaf_hashes(p_chain, p_generation, p_idx * 256 + 1, p_idx * 256 + v_count);
  END IF;
  SELECT string_agg(t.root, ''::bytea ORDER BY t.idx) INTO v_hashes FROM audit.tiles t
   WHERE t.chain = p_chain AND t.generation = p_generation AND t.level = p_level - 1 AND t.idx BETWEEN p_idx * 256 AND p_idx * 256 + v_count - 1;
  RETURN coalesce(v_hashes, ''::bytea);
END $$;

-- What others said of a checkpoint: a witness's cosignature, an authority's time stamp, the name under which a write-once folder has it.
CREATE TABLE audit.anchors (
  chain      text NOT NULL,
  generation integer NOT NULL,
  size       bigint NOT NULL,
  kind       text NOT NULL CHECK (kind IN ('witness', 'timestamp', 'folder')),
  -- The witness's key name, the authority's host, or the folder's last name.
  name       text NOT NULL CHECK (name ~ '^[!-~]{1,255}$'),
  -- A cosignature line; a TimeStampToken in base64 (RFC 3161 §2.4.2); a file's name.
  evidence   text NOT NULL CHECK (octet_length(evidence) BETWEEN 1 AND 65536),
  stored_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (chain, generation, size, kind, name),
  FOREIGN KEY (chain, generation, size) REFERENCES audit.checkpoints (chain, generation, size)
);
CREATE INDEX anchors_farthest ON audit.anchors (chain, generation, kind, name, size);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.anchors FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.anchors ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT ON audit.anchors TO sallyport_api;
GRANT SELECT ON audit.anchors TO sallyport_custodian;
GRANT EXECUTE ON FUNCTION audit.extend_tree(text, integer, bigint, integer), audit.tile(text, integer, integer, bigint, bigint) TO sallyport_api;
