-- Requests for approval, and the verdicts of others on them. What code decides (packages/policy/src/approval.ts) stands here once more:
-- a row that says "approved" without the approvals that it needs can't be written by the api's role at all.

CREATE SCHEMA approvals;

CREATE TABLE approvals.requests (
  id                  text PRIMARY KEY CHECK (id ~ '^apr_[0-9a-hjkmnp-tv-z]{26}$'),
  kind                text NOT NULL CHECK (kind ~ '^[a-z_]{1,40}\.[a-z_]{1,40}$'),
  -- The exact text that is hashed and signed.
  statement           text NOT NULL CHECK (length(statement) BETWEEN 2 AND 65536),
  digest              text NOT NULL UNIQUE CHECK (digest = encode(sha256(convert_to(statement, 'UTF8')), 'hex')),
  effect              text NOT NULL,
  about               text NOT NULL CHECK (length(about) BETWEEN 1 AND 200),
  concerns            text REFERENCES people.persons (id),
  subject             text,
  -- Null for what belongs to the whole deployment.
  site_key            text REFERENCES regulatory.sites (site_key),
  requested_by        text NOT NULL REFERENCES policy.principals (id),
  requested_by_person text NOT NULL REFERENCES people.persons (id),
  -- Why, sealed.
  reason              text NOT NULL UNIQUE REFERENCES audit.changes (id),
  needed              integer NOT NULL CHECK (needed BETWEEN 1 AND 3),
  state               text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'approved', 'rejected', 'withdrawn', 'done')),
  requested_at_ms     bigint NOT NULL,
  expires_at_ms       bigint NOT NULL CHECK (expires_at_ms > requested_at_ms),
  settled_at_ms       bigint,
  usable_until_ms     bigint CHECK (usable_until_ms > settled_at_ms),
  CHECK ((state = 'requested') = (settled_at_ms IS NULL)),
  CHECK (subject IS NULL OR site_key IS NOT NULL),
  FOREIGN KEY (subject, site_key) REFERENCES phi.subjects (id, site_key)
);
CREATE INDEX requests_newest ON approvals.requests (requested_at_ms DESC, id DESC);
CREATE INDEX requests_of ON approvals.requests (requested_by_person, requested_at_ms DESC, id DESC);
CREATE INDEX requests_open ON approvals.requests (expires_at_ms) WHERE state = 'requested';

-- The key: one vote a person, whatever accounts they have.
CREATE TABLE approvals.votes (
  request   text NOT NULL REFERENCES approvals.requests (id),
  person    text NOT NULL REFERENCES people.persons (id),
  principal text NOT NULL REFERENCES policy.principals (id),
  verdict   text NOT NULL CHECK (verdict IN ('approve', 'reject')),
  proof     text CHECK (proof IN ('passkey', 'server-attested')),
  -- The custodian's signed note over a verified assertion.
  note      text,
  reason    text NOT NULL UNIQUE REFERENCES audit.changes (id),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (request, person),
  CHECK ((verdict = 'approve') = (proof IS NOT NULL)),
  CHECK ((note IS NOT NULL) = (proof IS NOT DISTINCT FROM 'passkey'))
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON approvals.votes FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON approvals.requests FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE approvals.votes ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER never_removed;

-- A vote is by somebody who neither asked nor is concerned, on what is open.
CREATE FUNCTION approvals.by_another() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM approvals.requests r
                  WHERE r.id = NEW.request AND r.state = 'requested' AND NEW.at_ms < r.expires_at_ms
                    AND NEW.person <> r.requested_by_person AND NEW.person IS DISTINCT FROM r.concerns) THEN
    RAISE EXCEPTION 'this person may not vote on this' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_another BEFORE INSERT ON approvals.votes FOR EACH ROW EXECUTE FUNCTION approvals.by_another();
ALTER TABLE approvals.votes ENABLE ALWAYS TRIGGER by_another;

-- A request begins open, and moves on by votes, by its withdrawal, or by being used.
CREATE FUNCTION approvals.move_on() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_approvals  integer;
  v_rejections integer;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state = 'requested' THEN
      RETURN NEW;
    END IF;
  ELSE
    SELECT count(*) FILTER (WHERE v.verdict = 'approve'), count(*) FILTER (WHERE v.verdict = 'reject') INTO v_approvals, v_rejections
      FROM approvals.votes v WHERE v.request = NEW.id;
    IF (OLD.state = 'requested' AND NEW.state IN ('approved', 'done') AND v_rejections = 0 AND v_approvals >= OLD.needed)
       OR (OLD.state = 'requested' AND NEW.state = 'rejected' AND v_rejections > 0)
       OR (OLD.state = 'requested' AND NEW.state = 'withdrawn')
       OR (OLD.state = 'approved' AND NEW.state = 'done') THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'not a move of a request' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER move_on BEFORE INSERT OR UPDATE ON approvals.requests FOR EACH ROW EXECUTE FUNCTION approvals.move_on();
ALTER TABLE approvals.requests ENABLE ALWAYS TRIGGER move_on;

ALTER TABLE approvals.requests ENABLE ROW LEVEL SECURITY;
ALTER TABLE approvals.requests FORCE ROW LEVEL SECURITY;
ALTER TABLE approvals.votes ENABLE ROW LEVEL SECURITY;
ALTER TABLE approvals.votes FORCE ROW LEVEL SECURITY;

-- What belongs to the deployment is for any crossing that was granted something; who may see which of it is decided above the database.
CREATE POLICY within_sites ON approvals.requests FOR ALL TO sallyport_api
  USING ((SELECT boundary.granted_action()) <> '' AND (site_key IS NULL OR site_key = ANY ((SELECT boundary.granted_sites())::text[])));
CREATE POLICY of_requests ON approvals.votes FOR ALL TO sallyport_api
  USING (EXISTS (SELECT 1 FROM approvals.requests r WHERE r.id = request))
  WITH CHECK ((SELECT boundary.granted_action()) = 'approval.decide' AND EXISTS (SELECT 1 FROM approvals.requests r WHERE r.id = request));
-- For the functions here alone, which are the owner's.
CREATE POLICY locate ON approvals.requests FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY count ON approvals.votes FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY reason_of_request ON audit.changes FOR SELECT TO sallyport_owner USING (true);

-- Where a request belongs, and who asked: what a decision rests on, before there is any grant.
CREATE FUNCTION approvals.place_of(p_id text) RETURNS TABLE (kind text, site_key text, subject text, requested_by_person text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT r.kind, r.site_key, r.subject, r.requested_by_person FROM approvals.requests r WHERE r.id = p_id $$;

-- The sealed reason of one request, for a crossing that reads it. Nothing else of audit.changes is readable by the api.
CREATE FUNCTION approvals.sealed_reason(p_id text) RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment
    FROM approvals.requests r JOIN audit.changes c ON c.id = r.reason
   WHERE r.id = p_id AND boundary.granted_action() = 'approval.read'
     AND (r.site_key IS NULL OR r.site_key = ANY (boundary.granted_sites()))
$$;

GRANT USAGE ON SCHEMA approvals TO sallyport_api;
GRANT SELECT, INSERT ON approvals.requests, approvals.votes TO sallyport_api;
GRANT UPDATE (state, settled_at_ms, usable_until_ms) ON approvals.requests TO sallyport_api;
GRANT EXECUTE ON FUNCTION approvals.place_of(text), approvals.sealed_reason(text) TO sallyport_api;

-- An approved bulk reveal opens fields under its own action.
DROP POLICY within_sites ON phi.fields;
CREATE POLICY within_sites ON phi.fields FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[])
         AND (SELECT boundary.granted_action()) IN ('subject.read', 'phi.read', 'phi.bulk_reveal', 'packet.release'));
