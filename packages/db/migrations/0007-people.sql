-- People, what they sign in with, and their sessions. Of every secret there is only a hash, or a value sealed under a data key.

-- A person's principal is carried by whatever workload the person signed in at, so it has none of its own.
ALTER TABLE policy.principals ALTER COLUMN workload DROP NOT NULL;
ALTER TABLE policy.principals ADD CONSTRAINT workload_of_a_service CHECK ((kind = 'service') = (workload IS NOT NULL));
-- Two people may have the same name; two services may not.
ALTER TABLE policy.principals DROP CONSTRAINT principals_name_key;
CREATE UNIQUE INDEX service_names ON policy.principals (name) WHERE kind = 'service';

CREATE SCHEMA people;

CREATE TABLE people.epoch (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  value bigint NOT NULL
);
INSERT INTO people.epoch (value) VALUES (1);

CREATE TABLE people.persons (
  id            text PRIMARY KEY CHECK (id ~ '^per_[0-9a-hjkmnp-tv-z]{26}$'),
  principal     text NOT NULL UNIQUE REFERENCES policy.principals (id),
  -- Unique for ever: nothing here is ever deleted.
  username      text NOT NULL UNIQUE CHECK (username ~ '^[a-z][a-z0-9._-]{2,39}$'),
  printed_name  text NOT NULL CHECK (length(printed_name) BETWEEN 2 AND 100),
  status        text NOT NULL CHECK (status IN ('invited', 'active', 'suspended', 'recovering')),
  registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE people.passkeys (
  id              text PRIMARY KEY,
  person          text NOT NULL REFERENCES people.persons (id),
  credential_id   text NOT NULL UNIQUE CHECK (credential_id ~ '^[A-Za-z0-9_-]+$' AND length(credential_id) <= 1400),
  public_key      text NOT NULL CHECK (public_key ~ '^[A-Za-z0-9_-]+$' AND length(public_key) <= 2000),
  counter         bigint NOT NULL CHECK (counter >= 0),
  label           text NOT NULL,
  basis           text NOT NULL CHECK (basis IN ('founding', 'invitation', 'own', 'recovery')),
  added_at_ms     bigint NOT NULL,
  last_used_at_ms bigint
);
CREATE INDEX passkeys_of ON people.passkeys (person);

-- A password and its TOTP are one authenticator: neither is of use without the other.
CREATE TABLE people.passwords (
  id              text PRIMARY KEY,
  person          text NOT NULL UNIQUE REFERENCES people.persons (id),
  hash            text NOT NULL CHECK (hash ~ '^\$argon2id\$'),
  sealed_totp     text NOT NULL CHECK (sealed_totp ~ '^sp1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$'),
  last_step       bigint NOT NULL,
  label           text NOT NULL,
  basis           text NOT NULL CHECK (basis IN ('founding', 'invitation', 'own', 'recovery')),
  added_at_ms     bigint NOT NULL,
  last_used_at_ms bigint
);

-- By a keyed hash of the name that was given, whether or not somebody has it.
CREATE TABLE people.attempts (
  name            text NOT NULL CHECK (name ~ '^[0-9a-f]{64}$'),
  method          text NOT NULL CHECK (method IN ('passkey', 'password', 'provider')),
  failures        integer NOT NULL,
  locked_until_ms bigint,
  touched_ms      bigint NOT NULL,
  PRIMARY KEY (name, method)
);
CREATE INDEX attempts_oldest ON people.attempts (touched_ms);

CREATE TABLE people.ceremonies (
  id         text PRIMARY KEY,
  purpose    text NOT NULL,
  binding    text NOT NULL,
  expected   text NOT NULL,
  expires_ms bigint NOT NULL
);
CREATE INDEX ceremonies_oldest ON people.ceremonies (expires_ms);

CREATE TABLE people.links (
  id          text PRIMARY KEY,
  secret_hash text NOT NULL UNIQUE CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
  kind        text NOT NULL CHECK (kind IN ('invitation', 'recovery')),
  person      text NOT NULL REFERENCES people.persons (id),
  approval    text,
  expires_ms  bigint NOT NULL,
  state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'replaced'))
);
-- Of one person, one link is open at most.
CREATE UNIQUE INDEX open_link_of ON people.links (person) WHERE state = 'open';

CREATE TABLE people.sessions (
  id           text PRIMARY KEY,
  secret_hash  text NOT NULL UNIQUE CHECK (secret_hash ~ '^[0-9a-f]{64}$'),
  person       text NOT NULL REFERENCES people.persons (id),
  principal    text NOT NULL REFERENCES policy.principals (id),
  via          text NOT NULL CHECK (via IN ('console', 'terminal')),
  workload     text NOT NULL,
  method       text NOT NULL CHECK (method IN ('passkey', 'password', 'provider')),
  started_ms   bigint NOT NULL,
  last_seen_ms bigint NOT NULL,
  ends_ms      bigint NOT NULL CHECK (ends_ms > started_ms),
  ended_ms     bigint,
  ended_why    text CHECK (ended_why IN ('signed_out', 'ended_by_owner', 'ended_by_administrator', 'suspended', 'recovered', 'idle', 'expired')),
  CHECK ((ended_ms IS NULL) = (ended_why IS NULL))
);
CREATE INDEX live_sessions ON people.sessions (person) WHERE ended_ms IS NULL;
CREATE INDEX sessions_by_end ON people.sessions (ended_ms) WHERE ended_ms IS NOT NULL;

CREATE TABLE people.session_tokens (
  jti     text PRIMARY KEY,
  session text NOT NULL REFERENCES people.sessions (id),
  exp_s   bigint NOT NULL
);
CREATE INDEX tokens_of ON people.session_tokens (session);

CREATE TABLE people.terminals (
  device_hash text PRIMARY KEY CHECK (device_hash ~ '^[0-9a-f]{64}$'),
  user_hash   text NOT NULL UNIQUE CHECK (user_hash ~ '^[0-9a-f]{64}$'),
  workload    text NOT NULL,
  state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'refused', 'granted')),
  person      text REFERENCES people.persons (id),
  -- The session in which it was confirmed.
  session     text REFERENCES people.sessions (id),
  expires_ms  bigint NOT NULL,
  CHECK ((state = 'pending') = (person IS NULL))
);

CREATE FUNCTION people.bump_epoch() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE people.epoch SET value = value + 1;
  RETURN NULL;
END $$;

-- Not for last_seen_ms: a node moves its own sessions' activity, and looks into the table before it calls one idle.
CREATE TRIGGER bump AFTER INSERT OR UPDATE OF status OR DELETE OR TRUNCATE ON people.persons FOR EACH STATEMENT EXECUTE FUNCTION people.bump_epoch();
CREATE TRIGGER bump AFTER INSERT OR UPDATE OF ended_ms, ends_ms OR DELETE OR TRUNCATE ON people.sessions FOR EACH STATEMENT EXECUTE FUNCTION people.bump_epoch();
ALTER TABLE people.persons ENABLE ALWAYS TRIGGER bump;
ALTER TABLE people.sessions ENABLE ALWAYS TRIGGER bump;

-- A session that has ended stays ended, and who it belongs to never changes.
CREATE FUNCTION people.end_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.ended_ms IS NOT NULL THEN
    RAISE EXCEPTION 'ended' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER end_once BEFORE UPDATE ON people.sessions FOR EACH ROW EXECUTE FUNCTION people.end_once();
ALTER TABLE people.sessions ENABLE ALWAYS TRIGGER end_once;

-- One statement reads one snapshot of the database. Sessions that ended lately are in it, so that it can be said how they did.
CREATE FUNCTION people.session_snapshot(p_since_ms bigint) RETURNS TABLE (epoch bigint, sessions json)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT
    (SELECT e.value FROM people.epoch e),
    (SELECT coalesce(json_agg(json_build_object(
              'id', s.id, 'person', s.person, 'principal', s.principal, 'via', s.via, 'workload', s.workload, 'method', s.method,
              'startedMs', s.started_ms, 'lastSeenMs', s.last_seen_ms, 'endsMs', s.ends_ms, 'ended', s.ended_why,
              'tokens', (SELECT coalesce(json_agg(t.jti), '[]') FROM people.session_tokens t WHERE t.session = s.id)
            )), '[]')
       FROM people.sessions s WHERE s.ended_ms IS NULL OR s.ended_ms > p_since_ms)
$$;

GRANT USAGE ON SCHEMA people TO sallyport_api;
GRANT SELECT ON people.epoch TO sallyport_api;
GRANT SELECT, INSERT ON people.persons, people.passkeys, people.passwords, people.links, people.sessions, people.session_tokens TO sallyport_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON people.attempts, people.terminals TO sallyport_api;
GRANT SELECT, INSERT, DELETE ON people.ceremonies TO sallyport_api;
GRANT UPDATE (status) ON people.persons TO sallyport_api;
GRANT UPDATE (counter, last_used_at_ms) ON people.passkeys TO sallyport_api;
GRANT UPDATE (last_step, last_used_at_ms) ON people.passwords TO sallyport_api;
GRANT DELETE ON people.passkeys, people.passwords, people.session_tokens TO sallyport_api;
GRANT UPDATE (state) ON people.links TO sallyport_api;
GRANT UPDATE (last_seen_ms, ended_ms, ended_why) ON people.sessions TO sallyport_api;
GRANT UPDATE (until_ms) ON policy.assignments TO sallyport_api;
GRANT EXECUTE ON FUNCTION people.session_snapshot(bigint) TO sallyport_api;
