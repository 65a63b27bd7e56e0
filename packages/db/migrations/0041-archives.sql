-- A closed generation can be archived to files, upon two people's word and the custodian's (ADR 0072): its records leave the database, and what is left says so.

-- The bundles that somebody wrote of a closed generation and verified: what an archival may be asked for.
CREATE TABLE audit.archive_bundles (
  chain       text NOT NULL,
  generation  integer NOT NULL,
  -- SHA-256 of `manifest`.
  digest      bytea NOT NULL CHECK (digest = sha256(convert_to(manifest, 'UTF8'))),
  manifest    text NOT NULL CHECK (octet_length(manifest) BETWEEN 2 AND 16384),
  -- The signed statement of the bundle.
  statement   text NOT NULL CHECK (octet_length(statement) BETWEEN 2 AND 65536),
  principal   text NOT NULL,
  verified_at timestamptz NOT NULL,
  PRIMARY KEY (chain, generation, digest),
  FOREIGN KEY (chain, generation) REFERENCES audit.generations (chain, generation)
);

-- What was archived, as the custodian signed it (docs/spec/archival-v1.md) and put it here by its own role: the api has no way to it. Until `removed_at` is set the records stand there still.
CREATE TABLE audit.archivals (
  chain       text NOT NULL,
  generation  integer NOT NULL,
  size        bigint NOT NULL CHECK (size >= 0),
  mac         bytea NOT NULL CHECK (octet_length(mac) = 32),
  manifest    bytea NOT NULL CHECK (octet_length(manifest) = 32),
  note        text NOT NULL CHECK (octet_length(note) BETWEEN 2 AND 65536),
  -- When its first and its last record were made, in milliseconds; null where it has none.
  from_ms     bigint,
  until_ms    bigint,
  removed_at  timestamptz,
  PRIMARY KEY (chain, generation),
  FOREIGN KEY (chain, generation) REFERENCES audit.generations (chain, generation)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.archive_bundles FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.archive_bundles ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON audit.archivals FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE audit.archivals ENABLE ALWAYS TRIGGER never_removed;

-- One thing changes in it, once: that the records are gone.
CREATE FUNCTION audit.removed_once() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'an archival does not change' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER removed_once BEFORE UPDATE ON audit.archivals FOR EACH ROW
  WHEN ((OLD.removed_at IS NULL AND NEW.removed_at IS NOT NULL AND (NEW.chain, NEW.generation, NEW.size, NEW.mac, NEW.manifest, NEW.note)
         = (OLD.chain, OLD.generation, OLD.size, OLD.mac, OLD.manifest, OLD.note)) IS NOT TRUE)
  EXECUTE FUNCTION audit.removed_once();
ALTER TABLE audit.archivals ENABLE ALWAYS TRIGGER removed_once;

-- Nothing is deleted of records and tiles but while an archival is being carried out, which no session sees but the one that does; and of records then, by row
-- security, those of that generation alone.
CREATE FUNCTION audit.refuse_unarchived() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'DELETE' OR NOT EXISTS (SELECT 1 FROM audit.archivals a WHERE a.removed_at IS NULL) THEN
    RAISE EXCEPTION 'append-only' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;

DROP TRIGGER append_only ON audit.records;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.records FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_unarchived();
ALTER TABLE audit.records ENABLE ALWAYS TRIGGER append_only;
DROP TRIGGER append_only ON audit.tiles;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tiles FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_unarchived();
ALTER TABLE audit.tiles ENABLE ALWAYS TRIGGER append_only;

CREATE POLICY archived ON audit.records FOR DELETE TO sallyport_owner
  USING (EXISTS (SELECT 1 FROM audit.archivals a WHERE a.chain = records.chain AND a.generation = records.generation AND a.removed_at IS NULL));
CREATE POLICY archived ON audit.search FOR DELETE TO sallyport_owner USING (true);

-- Removes the records of an archived generation, with what is made of them: tiles, search rows, mentions of sites. All at once or not at all, and once; answers how
-- many records it removed. Refused without an archival, for what isn't closed or is another generation than the one that was archived, out of order, and where a record is missing already.
CREATE FUNCTION audit.remove_archived(p_chain text, p_generation integer) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_archival audit.archivals;
  v_count    bigint;
BEGIN
  -- First, so that nobody makes anything of it searchable meanwhile.
  PERFORM 1 FROM audit.search_progress p WHERE p.chain = p_chain FOR UPDATE;
  SELECT * INTO v_archival FROM audit.archivals a WHERE a.chain = p_chain AND a.generation = p_generation FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no archival' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF v_archival.removed_at IS NOT NULL THEN
    RETURN 0;
  END IF;
  IF NOT EXISTS (SELECT 1 FROM audit.generations g WHERE g.chain = p_chain AND g.generation = p_generation + 1 AND g.previous_seq = v_archival.size AND g.previous_mac = v_archival.mac)
     OR NOT EXISTS (SELECT 1 FROM audit.archive_bundles b WHERE b.chain = p_chain AND b.generation = p_generation AND b.digest = v_archival.manifest)
     OR (SELECT count(*) FROM audit.archivals a WHERE a.chain = p_chain AND a.generation < p_generation AND a.removed_at IS NOT NULL) <> p_generation - 1 THEN
    RAISE EXCEPTION 'not the generation that was archived' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM audit.records r WHERE r.chain = p_chain AND r.generation = p_generation;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  IF v_count <> v_archival.size THEN
    RAISE EXCEPTION 'records are missing' USING ERRCODE = 'data_exception';
  END IF;
  DELETE FROM audit.tiles t WHERE t.chain = p_chain AND t.generation = p_generation;
  DELETE FROM audit.search s WHERE s.chain = p_chain AND s.generation = p_generation;
  IF p_chain = 'system' THEN
    DELETE FROM audit.site_mentions m WHERE m.generation = p_generation;
  END IF;
  -- Nothing of it is left to be made searchable.
  UPDATE audit.search_progress p SET generation = p_generation + 1, seq = 0 WHERE p.chain = p_chain AND p.generation <= p_generation;
  UPDATE audit.archivals a SET removed_at = clock_timestamp() WHERE a.chain = p_chain AND a.generation = p_generation;
  RETURN v_count;
END $$;

GRANT SELECT, INSERT ON audit.archive_bundles TO sallyport_api;
GRANT SELECT ON audit.archivals TO sallyport_api;
-- All that the custodian's role may do beside reading.
GRANT SELECT, INSERT ON audit.archivals TO sallyport_custodian;
GRANT EXECUTE ON FUNCTION audit.remove_archived(text, integer) TO sallyport_custodian;
