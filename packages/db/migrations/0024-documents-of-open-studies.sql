-- A document of the whole study is for every site that isn't closed: where nothing new comes in, nobody can bring it either. Of a study that
-- is closed at all of its sites it stays with those who reach all of them.
CREATE OR REPLACE FUNCTION boundary.reaches_document(p_study text, p_site_key text) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$
  SELECT CASE WHEN p_site_key IS NOT NULL THEN p_site_key = ANY (boundary.granted_sites())
         ELSE EXISTS (SELECT 1 FROM regulatory.sites s WHERE s.study = p_study)
              AND NOT EXISTS (
                SELECT 1 FROM regulatory.sites s
                 WHERE s.study = p_study AND s.site_key <> ALL (boundary.granted_sites())
                   AND (s.closed_at_ms IS NULL OR NOT EXISTS (SELECT 1 FROM regulatory.sites o WHERE o.study = p_study AND o.closed_at_ms IS NULL))) END
$$;
