-- Proposed policies with their tests, and how each version after the first came to be: by a done approval, forwards, and no other way.

-- What was proposed. A proposal is immutable by its digest; only which approval was asked for it last may change.
CREATE TABLE policy.proposals (
  id             text PRIMARY KEY CHECK (id ~ '^pol_[0-9a-hjkmnp-tv-z]{26}$'),
  digest         text NOT NULL CHECK (digest = encode(sha256(convert_to(canonical, 'UTF8')), 'hex')),
  canonical      text NOT NULL,
  -- The tests that it has to pass, as written.
  suite          text NOT NULL,
  base           integer NOT NULL REFERENCES policy.versions (version),
  proposed_by    text NOT NULL REFERENCES policy.principals (id),
  proposed_at_ms bigint NOT NULL,
  approval       text REFERENCES approvals.requests (id)
);
CREATE INDEX proposals_newest ON policy.proposals (proposed_at_ms DESC, id DESC);

-- How a version came to be stored, and what became of it at its time.
CREATE TABLE policy.changes (
  version         integer PRIMARY KEY REFERENCES policy.versions (version),
  base            integer NOT NULL REFERENCES policy.versions (version),
  proposal        text NOT NULL UNIQUE REFERENCES policy.proposals (id),
  approval        text NOT NULL UNIQUE REFERENCES approvals.requests (id),
  effective_at_ms bigint NOT NULL,
  settled_at_ms   bigint,
  -- `superseded`: at its time another version than its base was active. `refused`: it would have locked everybody out by then.
  outcome         text CHECK (outcome IN ('effective', 'superseded', 'refused')),
  CHECK ((outcome IS NULL) = (settled_at_ms IS NULL)),
  CHECK (version > base)
);
CREATE INDEX changes_due ON policy.changes (effective_at_ms) WHERE outcome IS NULL;

CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON policy.proposals FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON policy.changes FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE policy.proposals ENABLE ALWAYS TRIGGER never_removed;
ALTER TABLE policy.changes ENABLE ALWAYS TRIGGER never_removed;

-- What was settled stays so.
CREATE FUNCTION policy.settled_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.outcome IS NOT NULL THEN
    RAISE EXCEPTION 'this change is settled' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER settled_once BEFORE UPDATE ON policy.changes FOR EACH ROW EXECUTE FUNCTION policy.settled_once();
ALTER TABLE policy.changes ENABLE ALWAYS TRIGGER settled_once;

-- The active version moves forwards alone, to one whose approval is done and was of its very digest. Looked at when the transaction commits: the act and
-- its approval's end are written together.
CREATE FUNCTION policy.moved_by_approval() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.version = OLD.version THEN
    RETURN NULL;
  END IF;
  IF NEW.version < OLD.version OR NOT EXISTS (
    SELECT 1
      FROM policy.changes c
      JOIN policy.versions v ON v.version = c.version
      JOIN policy.proposals p ON p.id = c.proposal AND p.canonical = v.canonical
      JOIN approvals.requests r ON r.id = c.approval
     WHERE c.version = NEW.version AND c.outcome = 'effective' AND r.kind = 'policy.change' AND r.state = 'done'
       AND (r.statement::json -> 'payload' ->> 'digest') = p.digest
  ) THEN
    RAISE EXCEPTION 'a policy is activated by its approval alone' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER moved_by_approval AFTER UPDATE ON policy.active DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION policy.moved_by_approval();
ALTER TABLE policy.active ENABLE ALWAYS TRIGGER moved_by_approval;

-- Where the approvals stand that were asked for proposals: those belong to the deployment, and reading a proposal is no crossing of an approval's.
CREATE FUNCTION policy.approval_states() RETURNS TABLE (id text, state text, expires_at_ms bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT r.id, r.state, r.expires_at_ms FROM approvals.requests r WHERE r.kind = 'policy.change' $$;

GRANT EXECUTE ON FUNCTION policy.approval_states() TO sallyport_api;
GRANT SELECT, INSERT ON policy.proposals, policy.changes TO sallyport_api;
GRANT UPDATE (approval) ON policy.proposals TO sallyport_api;
GRANT UPDATE (settled_at_ms, outcome) ON policy.changes TO sallyport_api;
