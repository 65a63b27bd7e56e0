-- Locks: an instant stop for a person, a workload, a token, a role or a site.

CREATE TABLE policy.locks (
  id           text PRIMARY KEY CHECK (id ~ '^lck_[0-9a-hjkmnp-tv-z]{26}$'),
  kind         text NOT NULL CHECK (kind IN ('person', 'workload', 'token', 'role', 'site')),
  target       text NOT NULL CHECK (length(target) BETWEEN 1 AND 200),
  -- A person, or a service itself.
  set_by       text NOT NULL,
  -- Why, sealed.
  reason       text NOT NULL UNIQUE REFERENCES audit.changes (id),
  set_at_ms    bigint NOT NULL,
  until_ms     bigint CHECK (until_ms > set_at_ms),
  lifted_by    text,
  lift_reason  text UNIQUE REFERENCES audit.changes (id),
  lifted_at_ms bigint CHECK (lifted_at_ms >= set_at_ms),
  CHECK ((lifted_at_ms IS NULL) = (lifted_by IS NULL) AND (lifted_at_ms IS NULL) = (lift_reason IS NULL))
);
CREATE INDEX locks_on ON policy.locks (kind, target);
CREATE INDEX locks_newest ON policy.locks (set_at_ms DESC, id DESC);

CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON policy.locks FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
ALTER TABLE policy.locks ENABLE ALWAYS TRIGGER bump;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON policy.locks FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE policy.locks ENABLE ALWAYS TRIGGER never_removed;

-- A lock is set unlifted, and lifted once.
CREATE FUNCTION policy.lift_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (TG_OP = 'INSERT' AND NEW.lifted_at_ms IS NOT NULL) OR (TG_OP = 'UPDATE' AND OLD.lifted_at_ms IS NOT NULL) THEN
    RAISE EXCEPTION 'not a move of a lock' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER lift_once BEFORE INSERT OR UPDATE ON policy.locks FOR EACH ROW EXECUTE FUNCTION policy.lift_once();
ALTER TABLE policy.locks ENABLE ALWAYS TRIGGER lift_once;

-- The sealed reasons of locks, for a crossing that lists them.
CREATE FUNCTION policy.lock_reasons() RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment FROM policy.locks l JOIN audit.changes c ON c.id = l.reason WHERE boundary.granted_action() = 'lock.read'
$$;

GRANT SELECT, INSERT ON policy.locks TO sallyport_api;
GRANT UPDATE (lifted_by, lift_reason, lifted_at_ms) ON policy.locks TO sallyport_api;
GRANT EXECUTE ON FUNCTION policy.lock_reasons() TO sallyport_api;
