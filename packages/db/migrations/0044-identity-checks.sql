-- That somebody looked at who a person is, before their signatures count (21 CFR 11.100(b)). What was looked at is in the reason, sealed.
CREATE TABLE people.identity_checks (
  person     text NOT NULL REFERENCES people.persons (id),
  at_ms      bigint NOT NULL,
  checked_by text NOT NULL REFERENCES people.persons (id),
  how        text NOT NULL CHECK (how IN ('document', 'employer', 'remote')),
  reason     text NOT NULL UNIQUE REFERENCES audit.changes (id),
  PRIMARY KEY (person, at_ms),
  -- Nobody vouches for themselves.
  CHECK (checked_by <> person)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people.identity_checks FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE people.identity_checks ENABLE ALWAYS TRIGGER append_only;
GRANT SELECT, INSERT ON people.identity_checks TO sallyport_api;
