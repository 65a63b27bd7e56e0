-- What the boundary itself keeps: the outcome of each change by idempotency key. No PHI.

ALTER DEFAULT PRIVILEGES FOR ROLE sallyport_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE boundary.idempotency (
  principal  text NOT NULL,
  key        text NOT NULL CHECK (length(key) BETWEEN 1 AND 128),
  procedure  text NOT NULL,
  salt       text NOT NULL,
  digest     text NOT NULL,
  -- json, not jsonb: the outcome is answered again exactly as it was.
  outcome    json NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (principal, key)
);

-- Every append-only table has this trigger. It fires on the statement, so it also fires when row security leaves no row,
-- and it is ENABLE ALWAYS, so session_replication_role does not get around it.
CREATE FUNCTION boundary.refuse_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'append-only' USING ERRCODE = 'insufficient_privilege';
END $$;

-- The sites and the action of the crossing, set for one transaction by whoever holds the grant (site-context.ts).
-- A setting that is left unset reads as no site at all.
CREATE FUNCTION boundary.granted_sites() RETURNS text[]
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT string_to_array(coalesce(current_setting('sallyport.sites', true), ''), E'\n') $$;

CREATE FUNCTION boundary.granted_action() RETURNS text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT coalesce(current_setting('sallyport.action', true), '') $$;

GRANT USAGE ON SCHEMA boundary TO sallyport_api, sallyport_custodian;
GRANT SELECT ON boundary.migrations, boundary.deployment TO sallyport_api, sallyport_custodian;
GRANT SELECT, INSERT ON boundary.idempotency TO sallyport_api;
GRANT EXECUTE ON FUNCTION boundary.granted_sites(), boundary.granted_action() TO sallyport_api;
