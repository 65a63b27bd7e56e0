-- A masked read costs the database less (docs/adr: what a crossing costs). What is granted, and to whom, stays as it is.

-- A function with settings of its own is called, and what it is made of set up, for each table of each query that row security stands
-- before. These have none, and need none: a body that is parsed when it is made looks nothing up later. The planner puts it in place.
CREATE OR REPLACE FUNCTION boundary.granted_sites() RETURNS text[]
  LANGUAGE sql STABLE RETURN string_to_array(coalesce(current_setting('sallyport.sites', true), ''), E'\n');

CREATE OR REPLACE FUNCTION boundary.granted_action() RETURNS text
  LANGUAGE sql STABLE RETURN coalesce(current_setting('sallyport.action', true), '');

CREATE OR REPLACE FUNCTION boundary.granted_principal() RETURNS text
  LANGUAGE sql STABLE RETURN coalesce(current_setting('sallyport.principal', true), '');

CREATE OR REPLACE FUNCTION boundary.granted_resource() RETURNS text
  LANGUAGE sql STABLE RETURN coalesce(current_setting('sallyport.resource', true), '');

-- As in 0026, by another name.
CREATE FUNCTION policy.subject_in_emergency() RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.subject FROM policy.emergencies e JOIN phi.subjects s ON s.id = e.subject AND s.site_key = e.site_key
   WHERE boundary.granted_sites() = ARRAY['emergency:' || e.id] AND e.id = substr((boundary.granted_sites())[1], 11)
     AND boundary.granted_action() IN ('subject.read', 'phi.read') AND e.ended_at_ms IS NULL AND e.reviewed_at_ms IS NULL
$$;

-- Looked for only where a crossing names an emergency: to any other it opens nothing, and that can be seen without asking.
CREATE OR REPLACE FUNCTION policy.emergency_subject() RETURNS text
  LANGUAGE sql STABLE RETURN CASE WHEN current_setting('sallyport.sites', true) LIKE 'emergency:%' THEN policy.subject_in_emergency() END;

GRANT EXECUTE ON FUNCTION policy.subject_in_emergency() TO sallyport_api;
