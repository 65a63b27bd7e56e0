-- Egress: what leaves the deployment, and to whom. Its tables are the api's to add to; nothing in them is changed or removed.

CREATE SCHEMA egress;
GRANT USAGE ON SCHEMA egress TO sallyport_api;

-- An agency or sponsor that packets are sealed to. What it is called and by which key stands in its versions.
CREATE TABLE egress.recipient (
  id               text PRIMARY KEY CHECK (id ~ '^rcp_[0-9a-hjkmnp-tv-z]{26}$'),
  kind             text NOT NULL CHECK (kind IN ('agency', 'sponsor')),
  registered_at_ms bigint NOT NULL
);
-- Each by an approval of two people; without a key it is withdrawn, for good.
CREATE TABLE egress.recipient_version (
  recipient text NOT NULL REFERENCES egress.recipient (id),
  version   integer NOT NULL CHECK (version >= 1),
  name      text NOT NULL CHECK (length(name) BETWEEN 3 AND 120),
  -- An X25519 recipient of the age format, in its one spelling.
  key       text CHECK (key ~ '^age1[023456789ac-hj-np-z]{58}$'),
  approval  text NOT NULL UNIQUE REFERENCES approvals.requests (id),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (recipient, version)
);

-- A version follows the one before it, never a withdrawal; and no key is two recipients', so that what was sealed to one is nobody else's.
CREATE FUNCTION egress.follow_recipient() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM egress.recipient r ORDER BY r.id FOR UPDATE;
  IF NEW.version <> (SELECT coalesce(max(v.version), 0) + 1 FROM egress.recipient_version v WHERE v.recipient = NEW.recipient)
     OR EXISTS (SELECT 1 FROM egress.recipient_version v WHERE v.recipient = NEW.recipient AND v.key IS NULL)
     OR EXISTS (SELECT 1 FROM egress.recipient_version v WHERE v.recipient <> NEW.recipient AND v.key = NEW.key) THEN
    RAISE EXCEPTION 'not a version of this recipient' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follow_recipient BEFORE INSERT ON egress.recipient_version FOR EACH ROW EXECUTE FUNCTION egress.follow_recipient();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.recipient FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.recipient_version FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.recipient_version ENABLE ALWAYS TRIGGER follow_recipient;
ALTER TABLE egress.recipient ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE egress.recipient_version ENABLE ALWAYS TRIGGER append_only;

-- Every recipient as it stands, in the order of their names.
CREATE VIEW egress.recipients WITH (security_invoker = true) AS
  SELECT r.id, r.kind, v.version, v.name, v.key, k.key AS last_key, v.approval, v.at_ms
    FROM egress.recipient r
    JOIN LATERAL (SELECT * FROM egress.recipient_version e WHERE e.recipient = r.id ORDER BY e.version DESC LIMIT 1) v ON true
    JOIN LATERAL (SELECT e.key FROM egress.recipient_version e WHERE e.recipient = r.id AND e.key IS NOT NULL ORDER BY e.version DESC LIMIT 1) k ON true;

-- Holds every recipient until the transaction ends: one is changed at a time.
CREATE FUNCTION egress.hold_recipients() RETURNS bigint
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT count(*) FROM (SELECT 1 FROM egress.recipient r ORDER BY r.id FOR UPDATE) held
$$;

GRANT SELECT, INSERT ON egress.recipient, egress.recipient_version TO sallyport_api;
GRANT SELECT ON egress.recipients TO sallyport_api;
GRANT EXECUTE ON FUNCTION egress.hold_recipients() TO sallyport_api;
