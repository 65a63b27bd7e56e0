-- Policy versions, principals and their assignments, and the epoch that tells a cache that any of them changed.

CREATE SCHEMA policy;

CREATE TABLE policy.epoch (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  value bigint NOT NULL
);
INSERT INTO policy.epoch (value) VALUES (1);

CREATE TABLE policy.versions (
  version   integer PRIMARY KEY CHECK (version >= 1),
  canonical text NOT NULL,
  note      text NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE policy.active (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  version integer NOT NULL REFERENCES policy.versions (version)
);

CREATE TABLE policy.principals (
  id            text PRIMARY KEY,
  name          text NOT NULL UNIQUE,
  kind          text NOT NULL CHECK (kind IN ('service', 'person')),
  person        text NOT NULL,
  workload      text NOT NULL,
  status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  tokens_from_s bigint NOT NULL DEFAULT 0,
  registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE policy.assignments (
  principal text NOT NULL REFERENCES policy.principals (id),
  role      text NOT NULL,
  study     text NOT NULL,
  site      text NOT NULL,
  from_ms   bigint NOT NULL,
  until_ms  bigint CHECK (until_ms > from_ms),
  PRIMARY KEY (principal, role, study, site, from_ms),
  CHECK (study <> '*' OR site = '*')
);

CREATE TABLE policy.revoked_tokens (
  jti   text PRIMARY KEY,
  exp_s bigint NOT NULL
);

-- SECURITY DEFINER, so that no role needs a right on the epoch itself.
CREATE FUNCTION policy.bump_epoch() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE policy.epoch SET value = value + 1;
  RETURN NULL;
END $$;

CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.versions FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.active FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.principals FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.assignments FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.revoked_tokens FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
ALTER TABLE policy.versions ENABLE ALWAYS TRIGGER bump;
ALTER TABLE policy.active ENABLE ALWAYS TRIGGER bump;
ALTER TABLE policy.principals ENABLE ALWAYS TRIGGER bump;
ALTER TABLE policy.assignments ENABLE ALWAYS TRIGGER bump;
ALTER TABLE policy.revoked_tokens ENABLE ALWAYS TRIGGER bump;

-- A version is immutable.
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON policy.versions FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE policy.versions ENABLE ALWAYS TRIGGER immutable;

-- One statement reads one snapshot of the database, so a decision never rests on two moments.
CREATE FUNCTION policy.snapshot() RETURNS TABLE (epoch bigint, active json, principals json, revoked json)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT
    (SELECT e.value FROM policy.epoch e),
    (SELECT json_build_object('canonical', v.canonical, 'note', v.note)
       FROM policy.active a JOIN policy.versions v ON v.version = a.version),
    (SELECT coalesce(json_agg(json_build_object(
              'id', p.id, 'kind', p.kind, 'person', p.person, 'status', p.status,
              'workload', p.workload, 'tokensFromS', p.tokens_from_s,
              'assignments', (
                SELECT coalesce(json_agg(json_build_object('role', s.role, 'study', s.study, 'site', s.site, 'fromMs', s.from_ms, 'untilMs', s.until_ms)
                                         ORDER BY s.role, s.study, s.site, s.from_ms), '[]')
                  FROM policy.assignments s WHERE s.principal = p.id)
            ) ORDER BY p.id), '[]') FROM policy.principals p),
    -- A minute longer than the token lives, so that two clocks which differ a little do not bring it back.
    (SELECT coalesce(json_agg(r.jti), '[]') FROM policy.revoked_tokens r WHERE r.exp_s > extract(epoch FROM now()) - 60)
$$;

GRANT USAGE ON SCHEMA policy TO sallyport_api;
GRANT SELECT ON policy.epoch TO sallyport_api;
GRANT SELECT, INSERT ON policy.versions, policy.active, policy.principals, policy.assignments, policy.revoked_tokens TO sallyport_api;
GRANT UPDATE (version) ON policy.active TO sallyport_api;
GRANT UPDATE (status, tokens_from_s) ON policy.principals TO sallyport_api;
GRANT EXECUTE ON FUNCTION policy.snapshot() TO sallyport_api;
