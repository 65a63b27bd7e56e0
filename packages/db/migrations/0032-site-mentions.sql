-- Which records of `system` name a site: they are the site's own auditor's to have, each with its proof, and no other's of the chain (ADR 0058).

-- Filled with the search, from the records themselves; what it says is never taken for more than where to look.
CREATE TABLE audit.site_mentions (
  site_key   text NOT NULL,
  generation integer NOT NULL,
  seq        bigint NOT NULL,
  PRIMARY KEY (site_key, generation, seq)
);
-- Nobody's but the functions' here, which are the owner's.
ALTER TABLE audit.site_mentions ENABLE ROW LEVEL SECURITY;

-- The places that a record names: `study/site` behind one of = : , / or a quote, and before one of ; , or a quote. Names of persons and packets have the
-- same form, so what is no registered site is left out by whoever asks.
CREATE FUNCTION audit.places_named(p_body text) RETURNS SETOF text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS
$$ SELECT DISTINCT m[1] FROM regexp_matches(p_body, '(?<=[=:,;"/])([A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*)(?=[;,"])', 'g') AS m $$;

CREATE FUNCTION audit.mention_sites() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO audit.site_mentions (site_key, generation, seq)
    SELECT s.site_key, a.generation, a.seq
      FROM added a
      JOIN audit.records r ON r.chain = a.chain AND r.generation = a.generation AND r.seq = a.seq
      CROSS JOIN LATERAL audit.places_named(r.body) AS p
      JOIN regulatory.sites s ON s.site_key = p
     WHERE a.chain = 'system'
    ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER mention_sites AFTER INSERT ON audit.search REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION audit.mention_sites();

INSERT INTO audit.site_mentions (site_key, generation, seq)
  SELECT s.site_key, r.generation, r.seq
    FROM audit.search a
    JOIN audit.records r ON r.chain = a.chain AND r.generation = a.generation AND r.seq = a.seq
    CROSS JOIN LATERAL audit.places_named(r.body) AS p
    JOIN regulatory.sites s ON s.site_key = p
   WHERE a.chain = 'system';

-- Whether a record names no registered site but these.
CREATE FUNCTION audit.names_none_but(p_body text, p_keys text[]) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT NOT EXISTS (SELECT 1 FROM audit.places_named(p_body) AS n JOIN regulatory.sites s ON s.site_key = n WHERE s.site_key <> ALL (p_keys)) $$;

-- The records of `system` that name a site of the grant and none that is outside of it, oldest first. What isn't in the search yet is looked at as it stands.
CREATE FUNCTION audit.records_naming(p_site text, p_generation integer, p_seq bigint, p_limit integer)
  RETURNS TABLE (generation integer, seq bigint, principal text, body text, mac bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH at AS (SELECT coalesce(max(p.generation), 0) AS generation, coalesce(max(p.seq), 0) AS seq FROM audit.search_progress p WHERE p.chain = 'system'),
  found AS (
    (SELECT r.generation, r.seq, r.body, r.mac
       FROM audit.site_mentions m JOIN audit.records r ON r.chain = 'system' AND r.generation = m.generation AND r.seq = m.seq
      WHERE m.site_key = p_site AND (m.generation, m.seq) > (p_generation, p_seq) AND audit.names_none_but(r.body, boundary.granted_sites())
      ORDER BY 1, 2 LIMIT p_limit)
    UNION
    (SELECT r.generation, r.seq, r.body, r.mac
       FROM audit.records r, at
      WHERE r.chain = 'system' AND (r.generation, r.seq) > (at.generation, at.seq) AND (r.generation, r.seq) > (p_generation, p_seq)
        AND p_site IN (SELECT audit.places_named(r.body)) AND audit.names_none_but(r.body, boundary.granted_sites())
      ORDER BY 1, 2 LIMIT p_limit))
  SELECT f.generation, f.seq, coalesce(CASE WHEN pg_input_is_valid(f.body, 'jsonb') THEN f.body::jsonb ->> 'principal' END, ''), f.body, f.mac
    FROM found f
   WHERE p_site = ANY (boundary.granted_sites()) AND boundary.granted_action() = 'trail.export'
   ORDER BY f.generation, f.seq LIMIT p_limit
$$;

GRANT EXECUTE ON FUNCTION audit.records_naming(text, integer, bigint, integer) TO sallyport_api;
