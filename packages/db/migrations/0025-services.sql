-- Services: what is known of one beside its principal, and its end, which is for good.

-- Those that were created by an act; those of the first start aren't among them. Their names are never given again.
CREATE TABLE policy.services (
  principal     text PRIMARY KEY REFERENCES policy.principals (id),
  title         text NOT NULL CHECK (length(title) BETWEEN 1 AND 120),
  created_at_ms bigint NOT NULL
);
CREATE TABLE policy.left_services (
  principal text PRIMARY KEY REFERENCES policy.principals (id),
  at_ms     bigint NOT NULL
);
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON policy.services FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON policy.left_services FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE policy.services ENABLE ALWAYS TRIGGER immutable;
ALTER TABLE policy.left_services ENABLE ALWAYS TRIGGER immutable;

-- The certificate that a service was last seen with, for people to look at; nothing is decided on it.
CREATE TABLE policy.seen_services (
  principal    text PRIMARY KEY REFERENCES policy.principals (id),
  serial       text NOT NULL CHECK (serial ~ '^[0-9a-f]{2,40}$'),
  not_after_ms bigint NOT NULL,
  seen_at_ms   bigint NOT NULL
);

-- Nothing begins for a service that has left: it isn't active again, and holds nothing new.
CREATE FUNCTION policy.refuse_left_service() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_TABLE_NAME = 'principals' THEN
    IF NEW.status = 'active' AND EXISTS (SELECT 1 FROM policy.left_services l WHERE l.principal = NEW.id) THEN
      RAISE EXCEPTION 'this service has left' USING ERRCODE = 'insufficient_privilege';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM policy.left_services l WHERE l.principal = NEW.principal) THEN
    RAISE EXCEPTION 'this service has left' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_for_left_service BEFORE UPDATE ON policy.principals FOR EACH ROW EXECUTE FUNCTION policy.refuse_left_service();
CREATE TRIGGER not_for_left_service BEFORE INSERT ON policy.assignments FOR EACH ROW EXECUTE FUNCTION policy.refuse_left_service();
ALTER TABLE policy.principals ENABLE ALWAYS TRIGGER not_for_left_service;
ALTER TABLE policy.assignments ENABLE ALWAYS TRIGGER not_for_left_service;

-- The request that names the public half of a code: what an enrolment rests on, before there is any grant.
CREATE FUNCTION approvals.enrolment_by(p_code_key text) RETURNS TABLE (id text, statement text, state text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.id, r.statement, CASE WHEN r.state = 'requested' AND r.expires_at_ms <= extract(epoch FROM now()) * 1000 THEN 'expired' ELSE r.state END
    FROM approvals.requests r
   WHERE r.kind = 'workload.enrol' AND r.statement::json -> 'payload' ->> 'codeKey' = p_code_key
   ORDER BY r.requested_at_ms DESC LIMIT 1
$$;
CREATE INDEX requests_enrolments ON approvals.requests (requested_at_ms) WHERE kind = 'workload.enrol';

-- Ends the open requests that are about a service, but for the one that this is done by. The triggers on requests hold for this too.
CREATE FUNCTION approvals.withdraw_about_service(p_principal text, p_service text, p_but text, p_at_ms bigint) RETURNS TABLE (id text)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE approvals.requests r SET state = 'withdrawn', settled_at_ms = p_at_ms
   WHERE r.state = 'requested' AND r.id <> p_but
     AND (r.statement::json -> 'payload' ->> 'principal' = p_principal
          OR (r.kind IN ('workload.enrol', 'workload.offboard') AND r.statement::json -> 'payload' ->> 'service' = p_service))
  RETURNING r.id
$$;

GRANT SELECT, INSERT ON policy.services, policy.left_services, policy.seen_services TO sallyport_api;
GRANT UPDATE (serial, not_after_ms, seen_at_ms) ON policy.seen_services TO sallyport_api;
GRANT EXECUTE ON FUNCTION approvals.enrolment_by(text), approvals.withdraw_about_service(text, text, text, bigint) TO sallyport_api;
