-- Documents are read by people, and signed: what was shown to whom, who took their signatures to be binding, and the signatures themselves.

-- Who may read a document's type, or sign it, sees its versions.
ALTER POLICY within_sites ON phi.documents
  USING (
    ((SELECT boundary.granted_action()) IN ('packet.release', 'packet.inspect')
      OR ((SELECT boundary.granted_action()) IN ('document.read', 'submission.sign') AND type = (SELECT boundary.granted_resource())))
    AND boundary.reaches_document(study, site_key)
  );
-- The bytes of a version that the crossing reads. The subselect is under the policy above: of another type or place there is none.
CREATE POLICY read_document ON ingress.packet_chunks FOR SELECT TO sallyport_api
  USING (
    (SELECT boundary.granted_action()) = 'document.read'
    AND EXISTS (SELECT 1 FROM phi.documents d WHERE d.packet = packet_chunks.packet AND d.file = packet_chunks.file)
  );
-- For document_content alone, which is the owner's.
CREATE POLICY count_files ON ingress.packet_files FOR SELECT TO sallyport_owner USING (true);

-- How a version's bytes are opened: its packet may be for more sites than the document, so its reader doesn't see the packet.
CREATE FUNCTION phi.document_content(p_id text, p_version integer) RETURNS TABLE (packet text, file integer, files integer, wrapped text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT d.packet, d.file, (SELECT count(*)::integer FROM ingress.packet_files f WHERE f.packet = d.packet), p.wrapped
    FROM phi.documents d JOIN ingress.packets p ON p.id = d.packet
   WHERE d.id = p_id AND d.version = p_version AND boundary.granted_action() = 'document.read' AND d.type = boundary.granted_resource()
     AND boundary.reaches_document(d.study, d.site_key)
$$;

-- What was handed out of a version, to which session: a piece of it, from a byte on.
CREATE TABLE phi.document_views (
  document  text NOT NULL,
  version   integer NOT NULL,
  session   text NOT NULL REFERENCES people.sessions (id),
  from_byte bigint NOT NULL CHECK (from_byte >= 0),
  bytes     bigint NOT NULL CHECK (bytes > 0),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (document, version, session, from_byte),
  FOREIGN KEY (document, version) REFERENCES phi.documents (id, version)
);

-- That somebody took their signatures to be as binding as those by hand, by the digest of the text.
CREATE TABLE people.accountability (
  person    text NOT NULL REFERENCES people.persons (id),
  statement text NOT NULL CHECK (statement ~ '^[0-9a-f]{64}$'),
  at_ms     bigint NOT NULL,
  PRIMARY KEY (person, statement)
);

-- Signatures, by their manifests (docs/spec/signature-v1.md). Without an assertion and a note it is the server's word.
CREATE TABLE phi.signatures (
  id         text PRIMARY KEY CHECK (id ~ '^sig_[0-9a-hjkmnp-tv-z]{26}$'),
  document   text NOT NULL,
  version    integer NOT NULL,
  person     text NOT NULL REFERENCES people.persons (id),
  principal  text NOT NULL REFERENCES policy.principals (id),
  meaning    text NOT NULL CHECK (meaning IN ('authorship', 'review', 'approval', 'responsibility')),
  method     text NOT NULL CHECK (method IN ('passkey', 'server-attested')),
  manifest   text NOT NULL,
  digest     text NOT NULL UNIQUE CHECK (digest ~ '^[0-9a-f]{64}$'),
  assertion  text,
  note       text,
  supersedes text UNIQUE REFERENCES phi.signatures (id),
  request    text NOT NULL,
  at_ms      bigint NOT NULL,
  FOREIGN KEY (document, version) REFERENCES phi.documents (id, version),
  CHECK (num_nulls(assertion, note) = CASE method WHEN 'passkey' THEN 0 ELSE 2 END)
);
CREATE INDEX signatures_of ON phi.signatures (document, version);

CREATE TABLE phi.signature_revocations (
  signature text PRIMARY KEY REFERENCES phi.signatures (id),
  person    text NOT NULL REFERENCES people.persons (id),
  principal text NOT NULL REFERENCES policy.principals (id),
  reason    text NOT NULL UNIQUE REFERENCES audit.changes (id),
  at_ms     bigint NOT NULL
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.document_views FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON people.accountability FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.signatures FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON phi.signature_revocations FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.document_views ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE people.accountability ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE phi.signatures ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE phi.signature_revocations ENABLE ALWAYS TRIGGER append_only;

-- Who may not approve a version, being its author: whoever brought it in, or signed that they wrote it.
CREATE FUNCTION phi.is_author(p_document text, p_version integer, p_person text) RETURNS boolean
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM phi.documents d JOIN ingress.packets p ON p.id = d.packet
                  WHERE d.id = p_document AND d.version = p_version AND p.ingested_by_person = p_person)
      OR EXISTS (SELECT 1 FROM phi.signatures s WHERE s.document = p_document AND s.version = p_version AND s.person = p_person AND s.meaning = 'authorship')
$$;

-- Signed is the current version, by the account's own person; no author approves, and no approver becomes an author; and what a signature stands
-- instead of is the same person's, of the same document, and not revoked.
CREATE FUNCTION phi.sign_document() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Of one document, one signature at a time: what is looked at here holds until the other has committed.
  PERFORM 1 FROM phi.documents d WHERE d.id = NEW.document AND d.version = 1 FOR UPDATE;
  IF EXISTS (SELECT 1 FROM phi.documents d WHERE d.id = NEW.document AND d.version > NEW.version)
     OR NOT EXISTS (SELECT 1 FROM policy.principals p WHERE p.id = NEW.principal AND p.person = NEW.person)
     OR NEW.meaning = 'approval' AND phi.is_author(NEW.document, NEW.version, NEW.person)
     OR NEW.meaning = 'authorship' AND EXISTS (SELECT 1 FROM phi.signatures s WHERE s.document = NEW.document AND s.version = NEW.version
                                                  AND s.person = NEW.person AND s.meaning = 'approval')
     OR NEW.supersedes IS NOT NULL AND (
          NOT EXISTS (SELECT 1 FROM phi.signatures s WHERE s.id = NEW.supersedes AND s.document = NEW.document AND s.person = NEW.person)
          OR EXISTS (SELECT 1 FROM phi.signature_revocations r WHERE r.signature = NEW.supersedes)) THEN
    RAISE EXCEPTION 'not a signature of this document' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER sign_document BEFORE INSERT ON phi.signatures FOR EACH ROW EXECUTE FUNCTION phi.sign_document();
ALTER TABLE phi.signatures ENABLE ALWAYS TRIGGER sign_document;

-- A signature is revoked by who gave it, unless another stands instead of it.
CREATE FUNCTION phi.revoke_signature() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM phi.documents d JOIN phi.signatures s ON s.document = d.id WHERE s.id = NEW.signature AND d.version = 1 FOR UPDATE OF d;
  IF NOT EXISTS (SELECT 1 FROM phi.signatures s WHERE s.id = NEW.signature AND s.person = NEW.person)
     OR EXISTS (SELECT 1 FROM phi.signatures s WHERE s.supersedes = NEW.signature) THEN
    RAISE EXCEPTION 'not a signature of this person' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER revoke_signature BEFORE INSERT ON phi.signature_revocations FOR EACH ROW EXECUTE FUNCTION phi.revoke_signature();
ALTER TABLE phi.signature_revocations ENABLE ALWAYS TRIGGER revoke_signature;

ALTER TABLE phi.document_views ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.document_views FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.signatures ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.signatures FORCE ROW LEVEL SECURITY;
ALTER TABLE phi.signature_revocations ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.signature_revocations FORCE ROW LEVEL SECURITY;
-- Each belongs where its document does; the subselects are under the document's own policy.
CREATE POLICY of_document ON phi.document_views FOR SELECT TO sallyport_api
  USING (EXISTS (SELECT 1 FROM phi.documents d WHERE d.id = document_views.document AND d.version = document_views.version));
CREATE POLICY hand_out ON phi.document_views FOR INSERT TO sallyport_api
  WITH CHECK (
    (SELECT boundary.granted_action()) = 'document.read'
    AND EXISTS (SELECT 1 FROM phi.documents d WHERE d.id = document_views.document AND d.version = document_views.version)
  );
CREATE POLICY of_document ON phi.signatures FOR SELECT TO sallyport_api
  USING (EXISTS (SELECT 1 FROM phi.documents d WHERE d.id = signatures.document AND d.version = signatures.version));
CREATE POLICY sign ON phi.signatures FOR INSERT TO sallyport_api
  WITH CHECK (
    (SELECT boundary.granted_action()) = 'submission.sign' AND principal = (SELECT boundary.granted_principal())
    AND EXISTS (SELECT 1 FROM phi.documents d WHERE d.id = signatures.document AND d.version = signatures.version)
  );
CREATE POLICY of_signature ON phi.signature_revocations FOR SELECT TO sallyport_api
  USING (EXISTS (SELECT 1 FROM phi.signatures s WHERE s.id = signature_revocations.signature));
CREATE POLICY revoke ON phi.signature_revocations FOR INSERT TO sallyport_api
  WITH CHECK (
    (SELECT boundary.granted_action()) = 'submission.sign' AND principal = (SELECT boundary.granted_principal())
    AND EXISTS (SELECT 1 FROM phi.signatures s WHERE s.id = signature_revocations.signature)
  );
-- For the owner's own functions above. One that locks a row needs the right to change it; what is changed is refused by its trigger.
CREATE POLICY look ON phi.signatures FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY look ON phi.signature_revocations FOR SELECT TO sallyport_owner USING (true);
CREATE POLICY hold ON phi.documents FOR UPDATE TO sallyport_owner USING (true);

-- Where the trail tells of a signature, for its receipt: whoever reads the document may have it. What is found is proven before it is handed out.
CREATE FUNCTION audit.signature_records(p_signature text) RETURNS TABLE (chain text, generation integer, seq bigint, body text, mac bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.chain, r.generation, r.seq, r.body, r.mac
    FROM phi.signatures s JOIN phi.documents d ON d.id = s.document AND d.version = s.version
    JOIN audit.search x ON x.request_id = s.request AND x.action = 'submission.sign' AND x.decision = 'allow'
    JOIN audit.records r ON r.chain = x.chain AND r.generation = x.generation AND r.seq = x.seq
   WHERE s.id = p_signature AND boundary.granted_action() = 'document.read' AND d.type = boundary.granted_resource()
     AND boundary.reaches_document(d.study, d.site_key)
$$;

GRANT SELECT, INSERT ON phi.document_views, people.accountability, phi.signatures, phi.signature_revocations TO sallyport_api;
GRANT EXECUTE ON FUNCTION phi.document_content(text, integer), audit.signature_records(text) TO sallyport_api;
