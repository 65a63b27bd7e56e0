-- The registry of studies and sites: ours, never the file's.

CREATE SCHEMA regulatory;

CREATE TABLE regulatory.studies (
  id            text PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
  title         text NOT NULL,
  profile       text NOT NULL,
  registered_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE regulatory.sites (
  study    text NOT NULL REFERENCES regulatory.studies (id),
  id       text NOT NULL CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
  name     text NOT NULL,
  country  text NOT NULL,
  -- The one spelling of a site in the trail, in filters and in row security.
  site_key text NOT NULL UNIQUE GENERATED ALWAYS AS (study || '/' || id) STORED,
  PRIMARY KEY (study, id)
);

GRANT USAGE ON SCHEMA regulatory TO sallyport_api;
GRANT SELECT, INSERT ON regulatory.studies, regulatory.sites TO sallyport_api;
