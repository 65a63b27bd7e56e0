-- Quarantine: sealed packets, and what was decided on them.

CREATE SCHEMA ingress;

CREATE TABLE ingress.packets (
  id                 text PRIMARY KEY,
  study              text NOT NULL REFERENCES regulatory.studies (id),
  -- `study/site` of every site that the packet names; row security compares the whole set.
  site_keys          text[] NOT NULL CHECK (cardinality(site_keys) > 0),
  dataset            text NOT NULL,
  format             text NOT NULL,
  profile            text NOT NULL,
  state              text NOT NULL DEFAULT 'quarantined' CHECK (state IN ('quarantined', 'released', 'rejected')),
  bytes              bigint NOT NULL,
  row_count          integer NOT NULL,
  received_at_ms     bigint NOT NULL,
  ingested_by        text NOT NULL,
  ingested_by_person text NOT NULL,
  wrapped            text NOT NULL,
  decided_by         text,
  decided_at_ms      bigint,
  outcome            json,
  CHECK ((state = 'quarantined') = (decided_by IS NULL)),
  CHECK ((state = 'quarantined') = (decided_at_ms IS NULL))
);
CREATE INDEX packets_newest ON ingress.packets (received_at_ms DESC, id DESC);

CREATE TABLE ingress.packet_sites (
  packet   text NOT NULL REFERENCES ingress.packets (id),
  site_key text NOT NULL REFERENCES regulatory.sites (site_key),
  PRIMARY KEY (packet, site_key)
);

CREATE TABLE ingress.packet_chunks (
  packet text NOT NULL REFERENCES ingress.packets (id),
  n      integer NOT NULL CHECK (n >= 0),
  sealed bytea NOT NULL,
  PRIMARY KEY (packet, n)
);

-- Every site of a packet is registered: the foreign key of packet_sites says so, and this makes its rows.
CREATE FUNCTION ingress.list_sites() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO ingress.packet_sites (packet, site_key) SELECT NEW.id, k FROM unnest(NEW.site_keys) AS k;
  RETURN NULL;
END $$;
CREATE TRIGGER list_sites AFTER INSERT ON ingress.packets FOR EACH ROW EXECUTE FUNCTION ingress.list_sites();
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER list_sites;

-- A decision is made once.
CREATE FUNCTION ingress.decide_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF OLD.state <> 'quarantined' THEN
    RAISE EXCEPTION 'decided' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER decide_once BEFORE UPDATE ON ingress.packets FOR EACH ROW EXECUTE FUNCTION ingress.decide_once();
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER decide_once;

ALTER TABLE ingress.packets ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.packets FORCE ROW LEVEL SECURITY;
ALTER TABLE ingress.packet_sites ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.packet_sites FORCE ROW LEVEL SECURITY;
ALTER TABLE ingress.packet_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.packet_chunks FORCE ROW LEVEL SECURITY;

-- The subselects make the setting an init plan: it is read once in a statement, not once in a row.
CREATE POLICY within_sites ON ingress.packets FOR SELECT TO sallyport_api
  USING (site_keys <@ (SELECT boundary.granted_sites()));
CREATE POLICY upload ON ingress.packets FOR INSERT TO sallyport_api
  WITH CHECK (site_keys <@ (SELECT boundary.granted_sites()) AND (SELECT boundary.granted_action()) = 'packet.upload');
CREATE POLICY decide ON ingress.packets FOR UPDATE TO sallyport_api
  USING (site_keys <@ (SELECT boundary.granted_sites()) AND (SELECT boundary.granted_action()) IN ('packet.release', 'packet.reject'));
-- For place_of and list_sites alone, which the owner's functions are.
CREATE POLICY locate ON ingress.packets FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY list_sites ON ingress.packet_sites FOR INSERT TO sallyport_owner WITH CHECK (true);
CREATE POLICY within_sites ON ingress.packet_sites FOR SELECT TO sallyport_api
  USING (site_key = ANY ((SELECT boundary.granted_sites())::text[]));
-- What was uploaded is not read back: only a release opens it.
CREATE POLICY upload ON ingress.packet_chunks FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'packet.upload' AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet));
CREATE POLICY open_for_release ON ingress.packet_chunks FOR SELECT TO sallyport_api
  USING ((SELECT boundary.granted_action()) = 'packet.release' AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet));

-- Where a packet belongs, and who brought it: what a decision rests on, before there is any grant.
CREATE FUNCTION ingress.place_of(p_id text) RETURNS TABLE (site_keys text, ingested_by text, ingested_by_person text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT array_to_string(p.site_keys, E'\n'), p.ingested_by, p.ingested_by_person FROM ingress.packets p WHERE p.id = p_id $$;

GRANT USAGE ON SCHEMA ingress TO sallyport_api;
GRANT SELECT, INSERT ON ingress.packets, ingress.packet_chunks TO sallyport_api;
GRANT SELECT ON ingress.packet_sites TO sallyport_api;
GRANT UPDATE (state, decided_by, decided_at_ms, outcome) ON ingress.packets TO sallyport_api;
GRANT EXECUTE ON FUNCTION ingress.place_of(text) TO sallyport_api;
