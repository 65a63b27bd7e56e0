-- Uploads in parts: a packet is `receiving` until its uploader completes it, and `abandoned` where nobody does.

-- Whose crossing it is, beside its sites and action (site-context.ts). Left unset, it is nobody's.
CREATE FUNCTION boundary.granted_principal() RETURNS text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT coalesce(current_setting('sallyport.principal', true), '') $$;
GRANT EXECUTE ON FUNCTION boundary.granted_principal() TO sallyport_api;

-- While a packet is received, its sites are those that it could be for; what it is for is known once it was read.
ALTER TABLE ingress.packets
  DROP CONSTRAINT packets_state_check,
  DROP CONSTRAINT packets_check,
  DROP CONSTRAINT packets_check1,
  ADD COLUMN began_at_ms bigint;
ALTER TABLE ingress.packets DISABLE TRIGGER decide_once;
-- Forced row security binds the owner too, who has no policy to change what stands.
ALTER TABLE ingress.packets NO FORCE ROW LEVEL SECURITY;
UPDATE ingress.packets SET began_at_ms = received_at_ms;
ALTER TABLE ingress.packets FORCE ROW LEVEL SECURITY;
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER decide_once;
ALTER TABLE ingress.packets
  ALTER COLUMN began_at_ms SET NOT NULL,
  ALTER COLUMN state SET DEFAULT 'receiving',
  ADD CONSTRAINT packets_state CHECK (state IN ('receiving', 'quarantined', 'released', 'rejected', 'abandoned')),
  ADD CONSTRAINT packets_decided CHECK ((state IN ('released', 'rejected')) = (decided_by IS NOT NULL) AND (decided_by IS NULL) = (decided_at_ms IS NULL));
CREATE INDEX packets_receiving ON ingress.packets (began_at_ms) WHERE state = 'receiving';
CREATE INDEX packets_abandoned ON ingress.packets (began_at_ms) WHERE state = 'abandoned';

-- How far each file has come. A part that isn't a file's last ends where a chunk does.
CREATE TABLE ingress.upload_files (
  packet      text NOT NULL REFERENCES ingress.packets (id),
  n           integer NOT NULL CHECK (n BETWEEN 1 AND 20),
  bytes       bigint NOT NULL CHECK (bytes > 0),
  received    bigint NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND bytes AND (received = bytes OR received % 262144 = 0)),
  -- The file's own name under the packet's key; it may say whose data it holds.
  sealed_name bytea,
  PRIMARY KEY (packet, n)
);

CREATE FUNCTION ingress.only_grows() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.received <= OLD.received THEN
    RAISE EXCEPTION 'received already' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE ON ingress.upload_files FOR EACH ROW EXECUTE FUNCTION ingress.only_grows();
ALTER TABLE ingress.upload_files ENABLE ALWAYS TRIGGER only_grows;

-- A packet goes one way: received once, decided once. Only its completing says what it holds.
CREATE OR REPLACE FUNCTION ingress.decide_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN (('receiving', 'quarantined'), ('receiving', 'abandoned'), ('quarantined', 'released'), ('quarantined', 'rejected')) THEN
    RAISE EXCEPTION 'decided' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.state <> 'quarantined'
     AND (NEW.site_keys, NEW.dataset, NEW.format, NEW.profile, NEW.row_count, NEW.received_at_ms)
         IS DISTINCT FROM (OLD.site_keys, OLD.dataset, OLD.format, OLD.profile, OLD.row_count, OLD.received_at_ms) THEN
    RAISE EXCEPTION 'read already' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

-- The sites of a packet are listed when it is known which they are.
CREATE OR REPLACE FUNCTION ingress.list_sites() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.state = 'quarantined' THEN
    INSERT INTO ingress.packet_sites (packet, site_key) SELECT NEW.id, k FROM unnest(NEW.site_keys) AS k;
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER list_sites ON ingress.packets;
CREATE TRIGGER list_sites AFTER UPDATE ON ingress.packets FOR EACH ROW EXECUTE FUNCTION ingress.list_sites();
ALTER TABLE ingress.packets ENABLE ALWAYS TRIGGER list_sites;

ALTER TABLE ingress.upload_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE ingress.upload_files FORCE ROW LEVEL SECURITY;

-- What is being received is its uploader's alone.
DROP POLICY within_sites ON ingress.packets;
CREATE POLICY within_sites ON ingress.packets FOR SELECT TO sallyport_api
  USING (state <> 'receiving' AND site_keys <@ (SELECT boundary.granted_sites()));
CREATE POLICY own_upload ON ingress.packets FOR SELECT TO sallyport_api
  USING (ingested_by = (SELECT boundary.granted_principal()) AND (SELECT boundary.granted_action()) = 'packet.upload');
DROP POLICY upload ON ingress.packets;
CREATE POLICY upload ON ingress.packets FOR INSERT TO sallyport_api
  WITH CHECK (
    state = 'receiving' AND ingested_by = (SELECT boundary.granted_principal())
    AND site_keys <@ (SELECT boundary.granted_sites()) AND (SELECT boundary.granted_action()) = 'packet.upload'
  );
DROP POLICY decide ON ingress.packets;
CREATE POLICY decide ON ingress.packets FOR UPDATE TO sallyport_api
  USING (state = 'quarantined' AND site_keys <@ (SELECT boundary.granted_sites()) AND (SELECT boundary.granted_action()) IN ('packet.release', 'packet.reject'))
  WITH CHECK (site_keys <@ (SELECT boundary.granted_sites()) AND (SELECT boundary.granted_action()) IN ('packet.release', 'packet.reject'));
CREATE POLICY complete ON ingress.packets FOR UPDATE TO sallyport_api
  USING (state = 'receiving' AND ingested_by = (SELECT boundary.granted_principal()) AND (SELECT boundary.granted_action()) = 'packet.upload')
  WITH CHECK (
    ingested_by = (SELECT boundary.granted_principal()) AND (SELECT boundary.granted_action()) = 'packet.upload'
    AND (state = 'abandoned' OR (state = 'quarantined' AND site_keys <@ (SELECT boundary.granted_sites())))
  );

-- Parts are added, and read once to be checked, while the packet is received; then nobody but a release opens it.
DROP POLICY upload ON ingress.packet_chunks;
CREATE POLICY upload ON ingress.packet_chunks FOR INSERT TO sallyport_api
  WITH CHECK (
    (SELECT boundary.granted_action()) = 'packet.upload'
    AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'receiving' AND p.ingested_by = (SELECT boundary.granted_principal()))
  );
CREATE POLICY check_upload ON ingress.packet_chunks FOR SELECT TO sallyport_api
  USING (
    (SELECT boundary.granted_action()) = 'packet.upload'
    AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'receiving' AND p.ingested_by = (SELECT boundary.granted_principal()))
  );
DROP POLICY upload ON ingress.packet_files;
CREATE POLICY upload ON ingress.packet_files FOR INSERT TO sallyport_api
  WITH CHECK (
    (SELECT boundary.granted_action()) = 'packet.upload'
    AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'receiving' AND p.ingested_by = (SELECT boundary.granted_principal()))
  );
CREATE POLICY own_upload ON ingress.upload_files FOR SELECT TO sallyport_api
  USING (
    (SELECT boundary.granted_action()) = 'packet.upload'
    AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.ingested_by = (SELECT boundary.granted_principal()))
  );
CREATE POLICY upload ON ingress.upload_files FOR INSERT TO sallyport_api
  WITH CHECK (
    (SELECT boundary.granted_action()) = 'packet.upload'
    AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'receiving' AND p.ingested_by = (SELECT boundary.granted_principal()))
  );
CREATE POLICY append ON ingress.upload_files FOR UPDATE TO sallyport_api
  USING (
    (SELECT boundary.granted_action()) = 'packet.upload'
    AND EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'receiving' AND p.ingested_by = (SELECT boundary.granted_principal()))
  );

-- Whose an upload is, and how far, besides where a packet belongs.
DROP FUNCTION ingress.place_of(text);
CREATE FUNCTION ingress.place_of(p_id text) RETURNS TABLE (site_keys text, state text, ingested_by text, ingested_by_person text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT array_to_string(p.site_keys, E'\n'), p.state, p.ingested_by, p.ingested_by_person FROM ingress.packets p WHERE p.id = p_id $$;

-- What nobody completed within 24 hours, one at a time, by this server's own clock: a caller can't say that it is later.
CREATE FUNCTION ingress.abandon_due() RETURNS TABLE (id text, ingested_by text)
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
  UPDATE ingress.packets p SET state = 'abandoned'
   WHERE p.id = (
     SELECT o.id FROM ingress.packets o
      WHERE o.state = 'receiving' AND o.began_at_ms < floor(extract(epoch FROM now()) * 1000)::bigint - 86400000
      ORDER BY o.began_at_ms LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING p.id, p.ingested_by
$$;
-- Removes chunks of abandoned packets, and of no others.
CREATE FUNCTION ingress.drop_abandoned(p_limit integer) RETURNS integer
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$
  WITH dropped AS (
    DELETE FROM ingress.packet_chunks c
     USING (SELECT a.packet, a.file, a.n
              FROM ingress.packets p JOIN ingress.packet_chunks a ON a.packet = p.id
             WHERE p.state = 'abandoned' LIMIT p_limit) d
     WHERE (c.packet, c.file, c.n) = (d.packet, d.file, d.n)
    RETURNING 1)
  SELECT count(*)::integer FROM dropped
$$;
-- For these two functions alone.
CREATE POLICY sweep ON ingress.packets FOR UPDATE TO sallyport_owner USING (state = 'receiving') WITH CHECK (state = 'abandoned');
CREATE POLICY sweep_read ON ingress.packet_chunks FOR SELECT TO sallyport_owner
  USING (EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'abandoned'));
CREATE POLICY sweep ON ingress.packet_chunks FOR DELETE TO sallyport_owner
  USING (EXISTS (SELECT 1 FROM ingress.packets p WHERE p.id = packet AND p.state = 'abandoned'));

GRANT SELECT, INSERT ON ingress.upload_files TO sallyport_api;
GRANT UPDATE (received) ON ingress.upload_files TO sallyport_api;
GRANT UPDATE (site_keys, dataset, format, profile, row_count, received_at_ms) ON ingress.packets TO sallyport_api;
GRANT EXECUTE ON FUNCTION ingress.place_of(text), ingress.abandon_due(), ingress.drop_abandoned(integer) TO sallyport_api;
