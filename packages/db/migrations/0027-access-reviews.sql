-- Reviews of who holds what: assignments as they were, one decision a line by somebody else, and a sign-off after which nothing changes.

CREATE TABLE policy.access_reviews (
  id           text PRIMARY KEY CHECK (id ~ '^arv_[0-9a-hjkmnp-tv-z]{26}$'),
  study        text NOT NULL,
  site         text NOT NULL,
  role         text NOT NULL,
  opened_by    text NOT NULL REFERENCES people.persons (id),
  reason       text NOT NULL UNIQUE REFERENCES audit.changes (id),
  opened_at_ms bigint NOT NULL,
  due_at_ms    bigint NOT NULL CHECK (due_at_ms > opened_at_ms),
  lines        integer NOT NULL CHECK (lines BETWEEN 1 AND 5000),
  digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  signed_by    text REFERENCES people.persons (id),
  signed_at_ms bigint CHECK (signed_at_ms >= opened_at_ms),
  sign_reason  text UNIQUE REFERENCES audit.changes (id),
  result       text CHECK (result ~ '^[0-9a-f]{64}$'),
  CHECK (study <> '*' OR site = '*'),
  CHECK (num_nulls(signed_by, signed_at_ms, sign_reason, result) IN (0, 4))
);

CREATE TABLE policy.access_review_lines (
  review    text NOT NULL REFERENCES policy.access_reviews (id),
  line      integer NOT NULL CHECK (line >= 1),
  principal text NOT NULL,
  person    text NOT NULL,
  label     text NOT NULL,
  role      text NOT NULL,
  study     text NOT NULL,
  site      text NOT NULL,
  from_ms   bigint NOT NULL,
  until_ms  bigint,
  PRIMARY KEY (review, line),
  FOREIGN KEY (principal, role, study, site, from_ms) REFERENCES policy.assignments (principal, role, study, site, from_ms)
);

CREATE TABLE policy.access_review_decisions (
  review    text NOT NULL,
  line      integer NOT NULL,
  n         integer NOT NULL CHECK (n >= 1),
  verdict   text NOT NULL CHECK (verdict IN ('keep', 'end')),
  principal text NOT NULL REFERENCES policy.principals (id),
  person    text NOT NULL REFERENCES people.persons (id),
  reason    text NOT NULL UNIQUE REFERENCES audit.changes (id),
  approval  text REFERENCES approvals.requests (id),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (review, line, n),
  FOREIGN KEY (review, line) REFERENCES policy.access_review_lines (review, line),
  CHECK (approval IS NULL OR verdict = 'end')
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy.access_review_lines FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON policy.access_review_decisions FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON policy.access_reviews FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE policy.access_review_lines ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE policy.access_review_decisions ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE policy.access_reviews ENABLE ALWAYS TRIGGER never_removed;

-- Nobody decides on what they hold themselves, and nothing is added once it is signed off, which needs a decision on every line.
CREATE FUNCTION policy.review_of_others() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM policy.access_reviews r WHERE r.id = NEW.review AND r.signed_at_ms IS NOT NULL)
     OR EXISTS (SELECT 1 FROM policy.access_review_lines l WHERE l.review = NEW.review AND l.line = NEW.line AND l.person = NEW.person) THEN
    RAISE EXCEPTION 'not a decision on this line' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER of_others BEFORE INSERT ON policy.access_review_decisions FOR EACH ROW EXECUTE FUNCTION policy.review_of_others();
ALTER TABLE policy.access_review_decisions ENABLE ALWAYS TRIGGER of_others;

CREATE FUNCTION policy.review_lines_stay() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM policy.access_review_lines l WHERE l.review = NEW.review) >= (SELECT r.lines FROM policy.access_reviews r WHERE r.id = NEW.review) THEN
    RAISE EXCEPTION 'a review has the lines that it was opened with' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stay BEFORE INSERT ON policy.access_review_lines FOR EACH ROW EXECUTE FUNCTION policy.review_lines_stay();
ALTER TABLE policy.access_review_lines ENABLE ALWAYS TRIGGER stay;

CREATE FUNCTION policy.sign_review_once() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.signed_at_ms IS NOT NULL
     OR TG_OP = 'UPDATE' AND (
       OLD.signed_at_ms IS NOT NULL
       OR (NEW.id, NEW.study, NEW.site, NEW.role, NEW.opened_by, NEW.reason, NEW.opened_at_ms, NEW.due_at_ms, NEW.lines, NEW.digest)
          IS DISTINCT FROM (OLD.id, OLD.study, OLD.site, OLD.role, OLD.opened_by, OLD.reason, OLD.opened_at_ms, OLD.due_at_ms, OLD.lines, OLD.digest)
       OR NEW.lines <> (SELECT count(DISTINCT d.line) FROM policy.access_review_decisions d WHERE d.review = NEW.id)) THEN
    RAISE EXCEPTION 'not a move of a review' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sign_once BEFORE INSERT OR UPDATE ON policy.access_reviews FOR EACH ROW EXECUTE FUNCTION policy.sign_review_once();
ALTER TABLE policy.access_reviews ENABLE ALWAYS TRIGGER sign_once;

-- The sealed reasons of reviews, for a crossing that reads roles.
CREATE FUNCTION policy.review_reasons() RETURNS TABLE (review text, id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.id, c.id, c.sealed, c.commitment FROM policy.access_reviews r JOIN audit.changes c ON c.id = r.reason WHERE boundary.granted_action() = 'role.read'
$$;

GRANT SELECT, INSERT ON policy.access_reviews, policy.access_review_lines, policy.access_review_decisions TO sallyport_api;
GRANT UPDATE (signed_by, signed_at_ms, sign_reason, result) ON policy.access_reviews TO sallyport_api;
GRANT EXECUTE ON FUNCTION policy.review_reasons() TO sallyport_api;
