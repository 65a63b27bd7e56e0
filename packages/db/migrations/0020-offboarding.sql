-- Offboarding: somebody who has left has left for good, and nobody else ever becomes them.

ALTER TABLE people.persons DROP CONSTRAINT persons_status_check;
ALTER TABLE people.persons ADD CONSTRAINT persons_status_check CHECK (status IN ('invited', 'active', 'suspended', 'recovering', 'left'));

CREATE FUNCTION people.left_for_good() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.status = 'left' AND NEW.status <> 'left' THEN
    RAISE EXCEPTION 'this person has left' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER left_for_good BEFORE UPDATE ON people.persons FOR EACH ROW EXECUTE FUNCTION people.left_for_good();
ALTER TABLE people.persons ENABLE ALWAYS TRIGGER left_for_good;

-- Nothing begins for somebody who has left: no session, no link, nothing to sign in with.
CREATE FUNCTION people.refuse_who_left() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM people.persons p WHERE p.id = NEW.person AND p.status = 'left') THEN
    RAISE EXCEPTION 'this person has left' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_for_who_left BEFORE INSERT ON people.sessions FOR EACH ROW EXECUTE FUNCTION people.refuse_who_left();
CREATE TRIGGER not_for_who_left BEFORE INSERT ON people.links FOR EACH ROW EXECUTE FUNCTION people.refuse_who_left();
CREATE TRIGGER not_for_who_left BEFORE INSERT ON people.passkeys FOR EACH ROW EXECUTE FUNCTION people.refuse_who_left();
CREATE TRIGGER not_for_who_left BEFORE INSERT ON people.passwords FOR EACH ROW EXECUTE FUNCTION people.refuse_who_left();
CREATE TRIGGER not_for_who_left BEFORE INSERT ON people.identities FOR EACH ROW EXECUTE FUNCTION people.refuse_who_left();
CREATE TRIGGER not_for_who_left BEFORE INSERT ON policy.principals FOR EACH ROW EXECUTE FUNCTION people.refuse_who_left();
ALTER TABLE people.sessions ENABLE ALWAYS TRIGGER not_for_who_left;
ALTER TABLE people.links ENABLE ALWAYS TRIGGER not_for_who_left;
ALTER TABLE people.passkeys ENABLE ALWAYS TRIGGER not_for_who_left;
ALTER TABLE people.passwords ENABLE ALWAYS TRIGGER not_for_who_left;
ALTER TABLE people.identities ENABLE ALWAYS TRIGGER not_for_who_left;
ALTER TABLE policy.principals ENABLE ALWAYS TRIGGER not_for_who_left;

CREATE FUNCTION policy.refuse_who_left() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM policy.principals a JOIN people.persons p ON p.id = a.person WHERE a.id = NEW.principal AND p.status = 'left') THEN
    RAISE EXCEPTION 'this person has left' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER not_for_who_left BEFORE INSERT ON policy.assignments FOR EACH ROW EXECUTE FUNCTION policy.refuse_who_left();
ALTER TABLE policy.assignments ENABLE ALWAYS TRIGGER not_for_who_left;

-- Ends the open requests that somebody made, approved, or is concerned by, at whatever site, but for the one that this is done by.
-- The triggers on requests hold for this too.
CREATE POLICY withdraw ON approvals.requests FOR UPDATE TO sallyport_owner USING (true) WITH CHECK (state = 'withdrawn');
CREATE FUNCTION approvals.withdraw_of(p_person text, p_but text, p_at_ms bigint) RETURNS TABLE (id text)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  UPDATE approvals.requests r SET state = 'withdrawn', settled_at_ms = p_at_ms
   WHERE r.state = 'requested' AND r.id <> p_but
     AND (r.requested_by_person = p_person OR r.concerns IS NOT DISTINCT FROM p_person
          OR EXISTS (SELECT 1 FROM approvals.votes v WHERE v.request = r.id AND v.person = p_person))
  RETURNING r.id
$$;

GRANT EXECUTE ON FUNCTION approvals.withdraw_of(text, text, bigint) TO sallyport_api;
