-- Documents: files of a packet that are no datasets, what they turned out to be, and the versions that were released of them.

-- What the uploader says that a file is. A site that isn't given is every site of the study.
ALTER TABLE ingress.upload_files
  ADD COLUMN document_type text CHECK (document_type IN ('ectd_sequence', 'irb_correspondence', 'investigator_credential')),
  ADD COLUMN document_site text,
  ADD COLUMN replaces      text CHECK (replaces ~ '^doc_[0-9a-hjkmnp-tv-z]{26}$'),
  ADD CONSTRAINT upload_files_document CHECK (document_type IS NOT NULL OR (document_site IS NULL AND replaces IS NULL));
-- The same, and what its content is, once it was read.
ALTER TABLE ingress.packet_files
  ADD COLUMN document_type text CHECK (document_type IN ('ectd_sequence', 'irb_correspondence', 'investigator_credential')),
  ADD COLUMN document_site text,
  ADD COLUMN replaces      text CHECK (replaces ~ '^doc_[0-9a-hjkmnp-tv-z]{26}$'),
  ADD COLUMN media_type    text CHECK (media_type IN ('application/pdf', 'application/xml', 'application/zip')),
  ADD COLUMN sha256        text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT packet_files_document CHECK (
    (document_type IS NULL) = (media_type IS NULL) AND (document_type IS NULL) = (sha256 IS NULL)
    AND (document_type IS NOT NULL OR (document_site IS NULL AND replaces IS NULL))
  );

-- What kind of thing a crossing is about, beside its sites, action and principal (site-context.ts). Left unset, it is nothing.
CREATE FUNCTION boundary.granted_resource() RETURNS text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT coalesce(current_setting('sallyport.resource', true), '') $$;

-- One version of one document, by the digest of its bytes, which stay where they came in: sealed, in the packet's file.
CREATE TABLE phi.documents (
  id             text NOT NULL CHECK (id ~ '^doc_[0-9a-hjkmnp-tv-z]{26}$'),
  version        integer NOT NULL CHECK (version >= 1),
  study          text NOT NULL REFERENCES regulatory.studies (id),
  -- NULL where it is the whole study's.
  site           text,
  site_key       text GENERATED ALWAYS AS (study || '/' || site) STORED,
  type           text NOT NULL CHECK (type IN ('ectd_sequence', 'irb_correspondence', 'investigator_credential')),
  media_type     text NOT NULL CHECK (media_type IN ('application/pdf', 'application/xml', 'application/zip')),
  sha256         text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  bytes          bigint NOT NULL CHECK (bytes > 0),
  packet         text NOT NULL,
  file           integer NOT NULL,
  released_by    text NOT NULL,
  released_at_ms bigint NOT NULL DEFAULT floor(extract(epoch FROM now()) * 1000)::bigint,
  PRIMARY KEY (id, version),
  UNIQUE (packet, file),
  FOREIGN KEY (packet, file) REFERENCES ingress.packet_files (packet, n),
  FOREIGN KEY (study, site) REFERENCES regulatory.sites (study, id)
);
-- The same bytes at the same place are one document, however often they come, and at once too.
CREATE UNIQUE INDEX documents_bytes ON phi.documents (study, coalesce(site, ''), type, sha256) WHERE version = 1;
CREATE INDEX documents_newest ON phi.documents (type, released_at_ms DESC, id DESC);

-- A version follows the one before it, at the same place and of the same type, and is not that one again.
CREATE FUNCTION phi.follow_document() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.version > 1 AND NOT EXISTS (
       SELECT 1 FROM phi.documents d
        WHERE d.id = NEW.id AND d.version = NEW.version - 1 AND d.study = NEW.study AND d.site IS NOT DISTINCT FROM NEW.site AND d.type = NEW.type
          AND d.sha256 <> NEW.sha256) THEN
    RAISE EXCEPTION 'no version before it' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER follow_document BEFORE INSERT ON phi.documents FOR EACH ROW EXECUTE FUNCTION phi.follow_document();
ALTER TABLE phi.documents ENABLE ALWAYS TRIGGER follow_document;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.documents FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.documents ENABLE ALWAYS TRIGGER append_only;

-- Whether a crossing reaches where a document belongs: its site, or every site that the study has.
CREATE FUNCTION boundary.reaches_document(p_study text, p_site_key text) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$
  SELECT CASE WHEN p_site_key IS NOT NULL THEN p_site_key = ANY (boundary.granted_sites())
         ELSE EXISTS (SELECT 1 FROM regulatory.sites s WHERE s.study = p_study)
              AND NOT EXISTS (SELECT 1 FROM regulatory.sites s WHERE s.study = p_study AND s.site_key <> ALL (boundary.granted_sites())) END
$$;

ALTER TABLE phi.documents ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.documents FORCE ROW LEVEL SECURITY;
-- Who may read one type sees nothing of the others.
CREATE POLICY within_sites ON phi.documents FOR SELECT TO sallyport_api
  USING (
    ((SELECT boundary.granted_action()) IN ('packet.release', 'packet.inspect')
      OR ((SELECT boundary.granted_action()) = 'document.read' AND type = (SELECT boundary.granted_resource())))
    AND boundary.reaches_document(study, site_key)
  );
CREATE POLICY release ON phi.documents FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'packet.release' AND boundary.reaches_document(study, study || '/' || site));
-- For document_place and follow_document alone, which are the owner's.
CREATE POLICY locate ON phi.documents FOR SELECT TO sallyport_owner USING (true);

-- Where a document belongs: what is asked of a file that replaces it, before there is any grant.
CREATE FUNCTION phi.document_place(p_id text) RETURNS TABLE (study text, site text, type text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT d.study, d.site, d.type FROM phi.documents d WHERE d.id = p_id AND d.version = 1 $$;

GRANT SELECT, INSERT ON phi.documents TO sallyport_api;
GRANT EXECUTE ON FUNCTION boundary.granted_resource(), boundary.reaches_document(text, text), phi.document_place(text) TO sallyport_api;
