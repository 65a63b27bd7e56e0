-- Identities at an external provider, linked by the people themselves. Of issuer and subject together there is only a keyed hash.

CREATE TABLE people.identities (
  id              text PRIMARY KEY CHECK (id ~ '^idn_[0-9a-hjkmnp-tv-z]{26}$'),
  person          text NOT NULL REFERENCES people.persons (id),
  issuer          text NOT NULL CHECK (length(issuer) <= 512),
  -- Of one person only, whoever links it first.
  name            text NOT NULL UNIQUE CHECK (name ~ '^[0-9a-f]{64}$'),
  linked_at_ms    bigint NOT NULL,
  last_used_at_ms bigint,
  UNIQUE (person, issuer)
);

GRANT SELECT, INSERT, DELETE ON people.identities TO sallyport_api;
GRANT UPDATE (last_used_at_ms) ON people.identities TO sallyport_api;
