-- Reviews of the trail: which records a rule found, who was to look at them, what was said of each, and a sign-off after which nothing changes.
-- And searches of the trail that people keep under a name.

CREATE TABLE audit.trail_reviews (
  id           text PRIMARY KEY CHECK (id ~ '^atr_[0-9a-hjkmnp-tv-z]{26}$'),
  study        text NOT NULL,
  site         text NOT NULL,
  -- What row security compares: the sites that it looked at, or `system` for the whole deployment.
  scope_keys   text[] NOT NULL CHECK (cardinality(scope_keys) >= 1),
  from_ms      bigint NOT NULL,
  until_ms     bigint NOT NULL CHECK (until_ms > from_ms),
  risks        text[] NOT NULL CHECK (cardinality(risks) >= 1 AND risks <@ ARRAY['privilege', 'reveal_hours', 'denied_burst', 'emergency', 'reason_other']),
  work_from    integer NOT NULL CHECK (work_from BETWEEN 0 AND 23),
  work_until   integer NOT NULL CHECK (work_until BETWEEN 0 AND 23),
  opened_by    text NOT NULL REFERENCES people.persons (id),
  reason       text NOT NULL UNIQUE REFERENCES audit.changes (id),
  opened_at_ms bigint NOT NULL,
  due_at_ms    bigint NOT NULL CHECK (due_at_ms > opened_at_ms),
  items        integer NOT NULL CHECK (items BETWEEN 0 AND 1000),
  digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$'),
  signed_by    text REFERENCES people.persons (id),
  signed_at_ms bigint CHECK (signed_at_ms >= opened_at_ms),
  sign_reason  text UNIQUE REFERENCES audit.changes (id),
  result       text CHECK (result ~ '^[0-9a-f]{64}$'),
  cited        text CHECK (cited IS JSON ARRAY),
  CHECK (study <> '*' OR (site = '*' AND scope_keys = ARRAY['system'])),
  CHECK (num_nulls(signed_by, signed_at_ms, sign_reason, result, cited) IN (0, 5))
);

CREATE TABLE audit.trail_review_items (
  review     text NOT NULL REFERENCES audit.trail_reviews (id),
  item       integer NOT NULL CHECK (item >= 1),
  chain      text NOT NULL,
  generation integer NOT NULL,
  seq        bigint NOT NULL,
  mac        text NOT NULL CHECK (mac ~ '^[0-9a-f]{64}$'),
  risks      text[] NOT NULL CHECK (cardinality(risks) >= 1),
  burst      integer NOT NULL CHECK (burst >= 1),
  at_ms      bigint NOT NULL,
  last_ms    bigint NOT NULL CHECK (last_ms >= at_ms),
  principal  text NOT NULL,
  -- The person behind the account as it was found; the account itself where nobody is.
  person     text NOT NULL,
  role       text NOT NULL,
  action     text NOT NULL,
  resource   text NOT NULL,
  site       text NOT NULL,
  decision   text NOT NULL,
  reason     text NOT NULL,
  PRIMARY KEY (review, item),
  UNIQUE (review, chain, generation, seq)
);

CREATE TABLE audit.trail_review_assignments (
  review      text NOT NULL REFERENCES audit.trail_reviews (id),
  n           integer NOT NULL CHECK (n >= 1),
  person      text NOT NULL REFERENCES people.persons (id),
  assigned_by text NOT NULL REFERENCES people.persons (id),
  at_ms       bigint NOT NULL,
  PRIMARY KEY (review, n)
);

CREATE TABLE audit.trail_review_entries (
  review    text NOT NULL,
  item      integer NOT NULL,
  n         integer NOT NULL CHECK (n >= 1),
  kind      text NOT NULL CHECK (kind IN ('ok', 'finding', 'comment')),
  principal text NOT NULL REFERENCES policy.principals (id),
  person    text NOT NULL REFERENCES people.persons (id),
  text      text UNIQUE REFERENCES audit.changes (id),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (review, item, n),
  FOREIGN KEY (review, item) REFERENCES audit.trail_review_items (review, item),
  CHECK (text IS NOT NULL OR kind = 'ok')
);

CREATE TABLE audit.saved_searches (
  id          text PRIMARY KEY CHECK (id ~ '^svs_[0-9a-hjkmnp-tv-z]{26}$'),
  principal   text NOT NULL REFERENCES policy.principals (id),
  -- Fifty places of each; no more can be kept.
  place       integer NOT NULL CHECK (place BETWEEN 1 AND 50),
  name        text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
  filter      text NOT NULL CHECK (octet_length(filter) <= 2000 AND filter IS JSON OBJECT),
  saved_at_ms bigint NOT NULL,
  UNIQUE (principal, place),
  UNIQUE (principal, name)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.trail_review_items FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.trail_review_assignments FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.trail_review_entries FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON audit.trail_reviews FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.trail_review_items ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.trail_review_assignments ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.trail_review_entries ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE audit.trail_reviews ENABLE ALWAYS TRIGGER never_removed;

-- Whether a review is open to this person: not signed off, and they performed none of what is in it, with whatever account.
CREATE FUNCTION audit.may_review(p_review text, p_person text) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM audit.trail_reviews r WHERE r.id = p_review AND r.signed_at_ms IS NULL)
     AND NOT EXISTS (SELECT 1 FROM audit.trail_review_items i LEFT JOIN policy.principals p ON p.id = i.principal
                      WHERE i.review = p_review AND p_person IN (i.person, p.person))
$$;
-- Whom it is assigned to now.
CREATE FUNCTION audit.trail_reviewer(p_review text) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT a.person FROM audit.trail_review_assignments a WHERE a.review = p_review ORDER BY a.n DESC LIMIT 1
$$;

CREATE FUNCTION audit.trail_review_assigned() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT audit.may_review(NEW.review, NEW.person) THEN
    RAISE EXCEPTION 'this person may not review this' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_another BEFORE INSERT ON audit.trail_review_assignments FOR EACH ROW EXECUTE FUNCTION audit.trail_review_assigned();
ALTER TABLE audit.trail_review_assignments ENABLE ALWAYS TRIGGER by_another;

CREATE FUNCTION audit.trail_review_entered() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT audit.may_review(NEW.review, NEW.person) OR audit.trail_reviewer(NEW.review) IS DISTINCT FROM NEW.person THEN
    RAISE EXCEPTION 'this person may not review this' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_reviewer BEFORE INSERT ON audit.trail_review_entries FOR EACH ROW EXECUTE FUNCTION audit.trail_review_entered();
ALTER TABLE audit.trail_review_entries ENABLE ALWAYS TRIGGER by_reviewer;

CREATE FUNCTION audit.trail_review_items_stay() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM audit.trail_review_items i WHERE i.review = NEW.review) >= (SELECT r.items FROM audit.trail_reviews r WHERE r.id = NEW.review) THEN
    RAISE EXCEPTION 'a review has the items that it was opened with' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER stay BEFORE INSERT ON audit.trail_review_items FOR EACH ROW EXECUTE FUNCTION audit.trail_review_items_stay();
ALTER TABLE audit.trail_review_items ENABLE ALWAYS TRIGGER stay;

-- Signed once, by its reviewer, with a verdict on each item; and nothing else of it ever changes.
CREATE FUNCTION audit.sign_trail_review_once() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND NEW.signed_at_ms IS NOT NULL
     OR TG_OP = 'UPDATE' AND (
       NOT audit.may_review(OLD.id, NEW.signed_by)
       OR audit.trail_reviewer(OLD.id) IS DISTINCT FROM NEW.signed_by
       OR (NEW.id, NEW.study, NEW.site, NEW.scope_keys, NEW.from_ms, NEW.until_ms, NEW.risks, NEW.work_from, NEW.work_until, NEW.opened_by, NEW.reason,
           NEW.opened_at_ms, NEW.due_at_ms, NEW.items, NEW.digest)
          IS DISTINCT FROM (OLD.id, OLD.study, OLD.site, OLD.scope_keys, OLD.from_ms, OLD.until_ms, OLD.risks, OLD.work_from, OLD.work_until, OLD.opened_by, OLD.reason,
           OLD.opened_at_ms, OLD.due_at_ms, OLD.items, OLD.digest)
       OR NEW.items <> (SELECT count(DISTINCT e.item) FROM audit.trail_review_entries e WHERE e.review = NEW.id AND e.kind <> 'comment')) THEN
    RAISE EXCEPTION 'not a move of a review' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sign_once BEFORE INSERT OR UPDATE ON audit.trail_reviews FOR EACH ROW EXECUTE FUNCTION audit.sign_trail_review_once();
ALTER TABLE audit.trail_reviews ENABLE ALWAYS TRIGGER sign_once;

ALTER TABLE audit.trail_reviews ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_reviews FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_review_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_review_items FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_review_assignments ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_review_assignments FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_review_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.trail_review_entries FORCE ROW LEVEL SECURITY;
ALTER TABLE audit.saved_searches ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit.saved_searches FORCE ROW LEVEL SECURITY;

-- A review is for whom all of what it looked at is for.
CREATE POLICY within_sites ON audit.trail_reviews FOR ALL TO sallyport_api
  USING ((SELECT boundary.granted_action()) = 'trail.review' AND scope_keys <@ (SELECT boundary.granted_sites()));
CREATE POLICY of_reviews ON audit.trail_review_items FOR ALL TO sallyport_api USING (EXISTS (SELECT 1 FROM audit.trail_reviews r WHERE r.id = review));
CREATE POLICY of_reviews ON audit.trail_review_assignments FOR ALL TO sallyport_api USING (EXISTS (SELECT 1 FROM audit.trail_reviews r WHERE r.id = review));
CREATE POLICY of_reviews ON audit.trail_review_entries FOR ALL TO sallyport_api USING (EXISTS (SELECT 1 FROM audit.trail_reviews r WHERE r.id = review));
-- A search is its principal's alone.
CREATE POLICY own ON audit.saved_searches FOR ALL TO sallyport_api USING (principal = (SELECT boundary.granted_principal()));
-- For the functions here alone, which are the owner's.
CREATE POLICY look ON audit.trail_reviews FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY look ON audit.trail_review_items FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY look ON audit.trail_review_assignments FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY look ON audit.trail_review_entries FOR SELECT TO sallyport_owner USING (true);

-- Where a review belongs: what a decision rests on, before there is any grant.
CREATE FUNCTION audit.trail_review_place(p_id text) RETURNS TABLE (study text, site text, scope_keys text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT r.study, r.site, array_to_string(r.scope_keys, E'\n') FROM audit.trail_reviews r WHERE r.id = p_id $$;

-- The sealed texts of one review, for a crossing that reviews it. Nothing else of audit.changes is readable here.
CREATE FUNCTION audit.trail_review_texts(p_id text) RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment
    FROM audit.trail_reviews r
    CROSS JOIN LATERAL (SELECT unnest(ARRAY[r.reason, r.sign_reason]) AS id UNION ALL SELECT e.text FROM audit.trail_review_entries e WHERE e.review = r.id) t
    JOIN audit.changes c ON c.id = t.id
   WHERE r.id = p_id AND boundary.granted_action() = 'trail.review' AND r.scope_keys <@ boundary.granted_sites()
$$;

GRANT SELECT, INSERT ON audit.trail_reviews, audit.trail_review_items, audit.trail_review_assignments, audit.trail_review_entries TO sallyport_api;
GRANT UPDATE (signed_by, signed_at_ms, sign_reason, result, cited) ON audit.trail_reviews TO sallyport_api;
GRANT SELECT, INSERT, DELETE ON audit.saved_searches TO sallyport_api;
GRANT UPDATE (name) ON audit.saved_searches TO sallyport_api;
GRANT EXECUTE ON FUNCTION audit.trail_review_place(text), audit.trail_review_texts(text) TO sallyport_api;
