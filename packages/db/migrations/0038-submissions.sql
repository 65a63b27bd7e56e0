-- Submissions: their sequences, the documents at the paths of each, and the packets in which a sequence leaves, sealed to one recipient.

CREATE TABLE egress.submission (
  id         text PRIMARY KEY CHECK (id ~ '^sbm_[0-9a-hjkmnp-tv-z]{26}$'),
  study      text NOT NULL REFERENCES regulatory.studies (id),
  title      text NOT NULL CHECK (length(title) BETWEEN 3 AND 120),
  created_by text NOT NULL REFERENCES policy.principals (id),
  at_ms      bigint NOT NULL,
  UNIQUE (id, study)
);
CREATE TABLE egress.sequence (
  submission text NOT NULL REFERENCES egress.submission (id),
  number     text NOT NULL CHECK (number ~ '^[0-9]{4}$'),
  created_by text NOT NULL REFERENCES policy.principals (id),
  at_ms      bigint NOT NULL,
  PRIMARY KEY (submission, number)
);
-- What stands at which path. It is put there anew as a whole, until a packet of the sequence is released; from then on it stays.
CREATE TABLE egress.sequence_document (
  submission     text NOT NULL,
  number         text NOT NULL,
  path           text NOT NULL CHECK (length(path) BETWEEN 1 AND 175),
  document       text NOT NULL,
  version        integer NOT NULL,
  needs_approval boolean NOT NULL,
  placed_by      text NOT NULL REFERENCES policy.principals (id),
  at_ms          bigint NOT NULL,
  PRIMARY KEY (submission, number, path),
  FOREIGN KEY (submission, number) REFERENCES egress.sequence (submission, number),
  FOREIGN KEY (document, version) REFERENCES phi.documents (id, version)
);

-- A packet, from the manifest that was prepared to the sealed bytes that left: each step is written once, in this order.
CREATE TABLE egress.sealed_packet (
  id                text PRIMARY KEY CHECK (id ~ '^spk_[0-9a-hjkmnp-tv-z]{26}$'),
  submission        text NOT NULL,
  study             text NOT NULL,
  number            text NOT NULL,
  recipient         text NOT NULL,
  recipient_version integer NOT NULL,
  manifest          text NOT NULL,
  digest            text NOT NULL UNIQUE CHECK (digest = encode(sha256(convert_to(manifest, 'UTF8')), 'hex')),
  prepared_by       text NOT NULL REFERENCES policy.principals (id),
  prepared_at_ms    bigint NOT NULL,
  -- Released: approved by a second person, the manifest signed.
  approval          text UNIQUE REFERENCES approvals.requests (id),
  signature         text,
  released_at_ms    bigint,
  -- Being sealed: chunks of another attempt are nobody's, and go.
  attempt           text,
  attempt_at_ms     bigint,
  sha256            text CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  length            bigint CHECK (length > 0),
  sealed_at_ms      bigint,
  submitted_by      text REFERENCES policy.principals (id),
  submitted_at_ms   bigint,
  FOREIGN KEY (submission, number) REFERENCES egress.sequence (submission, number),
  FOREIGN KEY (submission, study) REFERENCES egress.submission (id, study),
  FOREIGN KEY (recipient, recipient_version) REFERENCES egress.recipient_version (recipient, version),
  CHECK (num_nulls(approval, signature, released_at_ms) IN (0, 3)),
  CHECK (num_nulls(sha256, length, sealed_at_ms) IN (0, 3)),
  CHECK (num_nulls(submitted_by, submitted_at_ms) IN (0, 2)),
  CHECK (attempt IS NULL OR approval IS NOT NULL),
  CHECK (sealed_at_ms IS NULL OR attempt IS NOT NULL),
  CHECK (submitted_at_ms IS NULL OR sealed_at_ms IS NOT NULL)
);
CREATE INDEX sealed_packet_of ON egress.sealed_packet (submission, number);
-- What was made for a packet: backbones and receipts. Documents stay where they are.
CREATE TABLE egress.packet_file (
  packet  text NOT NULL REFERENCES egress.sealed_packet (id),
  path    text NOT NULL,
  content bytea NOT NULL,
  PRIMARY KEY (packet, path)
);
-- The sealed bytes, a MiB each but for the last.
CREATE TABLE egress.sealed_chunk (
  packet  text NOT NULL REFERENCES egress.sealed_packet (id),
  attempt text NOT NULL,
  n       integer NOT NULL CHECK (n >= 0),
  bytes   bytea NOT NULL CHECK (length(bytes) BETWEEN 1 AND 1048576),
  PRIMARY KEY (packet, attempt, n)
);

-- A step is taken once and in its order; nothing that was written is written again. Before it is sealed, another attempt may take the place of one.
CREATE FUNCTION egress.step_packet() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF (NEW.id, NEW.submission, NEW.study, NEW.number, NEW.recipient, NEW.recipient_version, NEW.manifest, NEW.prepared_by, NEW.prepared_at_ms)
       IS DISTINCT FROM (OLD.id, OLD.submission, OLD.study, OLD.number, OLD.recipient, OLD.recipient_version, OLD.manifest, OLD.prepared_by, OLD.prepared_at_ms)
     OR (OLD.approval IS NOT NULL AND (NEW.approval, NEW.signature, NEW.released_at_ms) IS DISTINCT FROM (OLD.approval, OLD.signature, OLD.released_at_ms))
     OR (OLD.sealed_at_ms IS NOT NULL AND (NEW.attempt, NEW.attempt_at_ms, NEW.sha256, NEW.length, NEW.sealed_at_ms)
           IS DISTINCT FROM (OLD.attempt, OLD.attempt_at_ms, OLD.sha256, OLD.length, OLD.sealed_at_ms))
     OR OLD.submitted_at_ms IS NOT NULL THEN
    RAISE EXCEPTION 'not a step of this packet' USING ERRCODE = 'insufficient_privilege';
  END IF;
  -- What is sealed is there, whole, under the attempt that is told.
  IF OLD.sealed_at_ms IS NULL AND NEW.sealed_at_ms IS NOT NULL AND (
       NEW.attempt IS DISTINCT FROM OLD.attempt
       OR NEW.length <> (SELECT coalesce(sum(length(c.bytes)), 0) FROM egress.sealed_chunk c WHERE c.packet = NEW.id AND c.attempt = NEW.attempt)
       OR (SELECT count(*) FROM egress.sealed_chunk c WHERE c.packet = NEW.id AND c.attempt = NEW.attempt) <> (NEW.length + 1048575) / 1048576
       OR EXISTS (SELECT 1 FROM egress.sealed_chunk c WHERE c.packet = NEW.id AND c.attempt = NEW.attempt
                     AND (c.n >= (NEW.length + 1048575) / 1048576 OR length(c.bytes) <> least(1048576, NEW.length - c.n::bigint * 1048576)))) THEN
    RAISE EXCEPTION 'not the bytes of this packet' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER step_packet BEFORE UPDATE ON egress.sealed_packet FOR EACH ROW EXECUTE FUNCTION egress.step_packet();
ALTER TABLE egress.sealed_packet ENABLE ALWAYS TRIGGER step_packet;

-- Chunks come while their attempt is the one under way; they go when it isn't, and never once they are what was sealed.
CREATE FUNCTION egress.hold_chunk() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE held egress.sealed_packet;
BEGIN
  SELECT * INTO held FROM egress.sealed_packet p WHERE p.id = coalesce(NEW.packet, OLD.packet) FOR SHARE;
  IF TG_OP = 'INSERT' AND (held.sealed_at_ms IS NOT NULL OR held.attempt IS DISTINCT FROM NEW.attempt)
     OR TG_OP = 'DELETE' AND held.attempt = OLD.attempt THEN
    RAISE EXCEPTION 'not a chunk of this attempt' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER hold_chunk BEFORE INSERT OR DELETE ON egress.sealed_chunk FOR EACH ROW EXECUTE FUNCTION egress.hold_chunk();
CREATE TRIGGER never_changed BEFORE UPDATE OR TRUNCATE ON egress.sealed_chunk FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.sealed_chunk ENABLE ALWAYS TRIGGER hold_chunk;
ALTER TABLE egress.sealed_chunk ENABLE ALWAYS TRIGGER never_changed;

-- A sequence of which a packet was released stays as it is; and what stands at its paths are sequences' documents of its own study.
CREATE FUNCTION egress.hold_sequence() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM 1 FROM egress.sequence s WHERE s.submission = coalesce(NEW.submission, OLD.submission) AND s.number = coalesce(NEW.number, OLD.number) FOR UPDATE;
  IF EXISTS (SELECT 1 FROM egress.sealed_packet p
              WHERE p.submission = coalesce(NEW.submission, OLD.submission) AND p.number = coalesce(NEW.number, OLD.number) AND p.approval IS NOT NULL)
     OR TG_OP = 'INSERT' AND NOT EXISTS (SELECT 1 FROM phi.documents d JOIN egress.submission s ON s.study = d.study
              WHERE d.id = NEW.document AND d.version = NEW.version AND d.type = 'ectd_sequence' AND s.id = NEW.submission) THEN
    RAISE EXCEPTION 'not a document of this sequence' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER hold_sequence BEFORE INSERT OR DELETE ON egress.sequence_document FOR EACH ROW EXECUTE FUNCTION egress.hold_sequence();
CREATE TRIGGER never_changed BEFORE UPDATE OR TRUNCATE ON egress.sequence_document FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.submission FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.sequence FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON egress.packet_file FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON egress.sealed_packet FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.sequence_document ENABLE ALWAYS TRIGGER hold_sequence;
ALTER TABLE egress.sequence_document ENABLE ALWAYS TRIGGER never_changed;
ALTER TABLE egress.submission ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE egress.sequence ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE egress.packet_file ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE egress.sealed_packet ENABLE ALWAYS TRIGGER never_removed;

-- Where a submission belongs, and a packet: to the whole of its study. Asked before there is any grant.
CREATE FUNCTION egress.study_of(p_id text) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.study FROM egress.submission s WHERE s.id = p_id UNION ALL SELECT p.study FROM egress.sealed_packet p WHERE p.id = p_id
$$;

ALTER TABLE egress.submission ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.submission FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.sequence ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.sequence FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.sequence_document ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.sequence_document FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.sealed_packet ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.sealed_packet FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.packet_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.packet_file FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.sealed_chunk ENABLE ROW LEVEL SECURITY;
ALTER TABLE egress.sealed_chunk FORCE ROW LEVEL SECURITY;

-- Whole studies alone: who reaches some of its sites sees nothing of a study's submissions.
CREATE FUNCTION egress.reaches(p_study text) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT boundary.granted_action() IN ('document.read', 'submission.assemble', 'submission.submit', 'submission.download', 'approval.decide')
     AND boundary.reaches_document(p_study, NULL)
$$;
CREATE POLICY of_study ON egress.submission FOR SELECT TO sallyport_api USING (egress.reaches(study));
CREATE POLICY assemble ON egress.submission FOR INSERT TO sallyport_api WITH CHECK ((SELECT boundary.granted_action()) = 'submission.assemble' AND egress.reaches(study));
-- What follows belongs where its submission does; the subselects are under that one's own policy.
CREATE POLICY of_submission ON egress.sequence FOR SELECT TO sallyport_api USING (EXISTS (SELECT 1 FROM egress.submission s WHERE s.id = submission));
CREATE POLICY assemble ON egress.sequence FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'submission.assemble' AND EXISTS (SELECT 1 FROM egress.submission s WHERE s.id = submission));
CREATE POLICY of_submission ON egress.sequence_document FOR SELECT TO sallyport_api USING (EXISTS (SELECT 1 FROM egress.submission s WHERE s.id = submission));
CREATE POLICY assemble ON egress.sequence_document FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'submission.assemble' AND EXISTS (SELECT 1 FROM egress.submission s WHERE s.id = submission));
CREATE POLICY clear ON egress.sequence_document FOR DELETE TO sallyport_api
  USING ((SELECT boundary.granted_action()) = 'submission.assemble' AND EXISTS (SELECT 1 FROM egress.submission s WHERE s.id = submission));
CREATE POLICY of_study ON egress.sealed_packet FOR SELECT TO sallyport_api USING (egress.reaches(study));
CREATE POLICY prepare ON egress.sealed_packet FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'submission.assemble' AND egress.reaches(study) AND approval IS NULL);
CREATE POLICY step ON egress.sealed_packet FOR UPDATE TO sallyport_api
  USING ((SELECT boundary.granted_action()) IN ('submission.assemble', 'submission.submit', 'approval.decide') AND egress.reaches(study));
CREATE POLICY of_packet ON egress.packet_file FOR SELECT TO sallyport_api USING (EXISTS (SELECT 1 FROM egress.sealed_packet p WHERE p.id = packet));
CREATE POLICY prepare ON egress.packet_file FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'submission.assemble' AND EXISTS (SELECT 1 FROM egress.sealed_packet p WHERE p.id = packet));
CREATE POLICY of_packet ON egress.sealed_chunk FOR SELECT TO sallyport_api USING (EXISTS (SELECT 1 FROM egress.sealed_packet p WHERE p.id = packet));
CREATE POLICY seal ON egress.sealed_chunk FOR INSERT TO sallyport_api
  WITH CHECK ((SELECT boundary.granted_action()) = 'submission.assemble' AND EXISTS (SELECT 1 FROM egress.sealed_packet p WHERE p.id = packet));
CREATE POLICY clear ON egress.sealed_chunk FOR DELETE TO sallyport_api
  USING ((SELECT boundary.granted_action()) = 'submission.assemble' AND EXISTS (SELECT 1 FROM egress.sealed_packet p WHERE p.id = packet));
-- For the owner's own functions, triggers and what sends.
CREATE POLICY own ON egress.submission TO sallyport_owner USING (true);
CREATE POLICY own ON egress.sequence TO sallyport_owner USING (true);
CREATE POLICY own ON egress.sealed_packet TO sallyport_owner USING (true);
CREATE POLICY own ON egress.sealed_chunk FOR SELECT TO sallyport_owner USING (true);

-- The sealed bytes of a packet that was submitted, for whoever hands them on. They are the recipient's alone to open.
CREATE FUNCTION egress.submitted_packet(p_id text) RETURNS TABLE (length bigint, sha256 text, recipient text, attempt text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT p.length, p.sha256, p.recipient, p.attempt FROM egress.sealed_packet p WHERE p.id = p_id AND p.submitted_at_ms IS NOT NULL
$$;
CREATE FUNCTION egress.submitted_bytes(p_id text, p_from integer, p_to integer) RETURNS TABLE (n integer, bytes bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.n, c.bytes FROM egress.sealed_packet p JOIN egress.sealed_chunk c ON c.packet = p.id AND c.attempt = p.attempt
   WHERE p.id = p_id AND p.submitted_at_ms IS NOT NULL AND c.n >= p_from AND c.n < p_to ORDER BY c.n
$$;

-- Whoever assembles a study's sequences reads the documents that may stand in them, to put them into a packet.
ALTER POLICY within_sites ON phi.documents
  USING (
    ((SELECT boundary.granted_action()) IN ('packet.release', 'packet.inspect')
      OR ((SELECT boundary.granted_action()) IN ('document.read', 'submission.sign', 'submission.assemble') AND type = (SELECT boundary.granted_resource())))
    AND boundary.reaches_document(study, site_key)
  );
ALTER POLICY read_document ON ingress.packet_chunks
  USING (
    (SELECT boundary.granted_action()) IN ('document.read', 'submission.assemble')
    AND EXISTS (SELECT 1 FROM phi.documents d WHERE d.packet = packet_chunks.packet AND d.file = packet_chunks.file)
  );
CREATE OR REPLACE FUNCTION phi.document_content(p_id text, p_version integer) RETURNS TABLE (packet text, file integer, files integer, wrapped text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT d.packet, d.file, (SELECT count(*)::integer FROM ingress.packet_files f WHERE f.packet = d.packet), p.wrapped
    FROM phi.documents d JOIN ingress.packets p ON p.id = d.packet
   WHERE d.id = p_id AND d.version = p_version AND boundary.granted_action() IN ('document.read', 'submission.assemble') AND d.type = boundary.granted_resource()
     AND boundary.reaches_document(d.study, d.site_key)
$$;
CREATE OR REPLACE FUNCTION audit.signature_records(p_signature text) RETURNS TABLE (chain text, generation integer, seq bigint, body text, mac bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.chain, r.generation, r.seq, r.body, r.mac
    FROM phi.signatures s JOIN phi.documents d ON d.id = s.document AND d.version = s.version
    JOIN audit.search x ON x.request_id = s.request AND x.action = 'submission.sign' AND x.decision = 'allow'
    JOIN audit.records r ON r.chain = x.chain AND r.generation = x.generation AND r.seq = x.seq
   WHERE s.id = p_signature AND boundary.granted_action() IN ('document.read', 'submission.assemble') AND d.type = boundary.granted_resource()
     AND boundary.reaches_document(d.study, d.site_key)
$$;
-- Where the trail tells of a packet's release, for the proof that goes with it.
CREATE FUNCTION audit.release_records(p_packet text) RETURNS TABLE (chain text, generation integer, seq bigint, body text, mac bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.chain, r.generation, r.seq, r.body, r.mac
    FROM egress.sealed_packet p
    JOIN audit.search x ON x.resource = p.approval AND x.action = 'approval.decide' AND x.decision = 'allow'
    JOIN audit.records r ON r.chain = x.chain AND r.generation = x.generation AND r.seq = x.seq
   WHERE p.id = p_packet AND boundary.granted_action() = 'submission.assemble' AND boundary.reaches_document(p.study, NULL)
   ORDER BY x.chain = 'system' DESC, r.chain, r.generation, r.seq
$$;

GRANT SELECT, INSERT ON egress.submission, egress.sequence, egress.packet_file TO sallyport_api;
GRANT SELECT, INSERT, DELETE ON egress.sequence_document, egress.sealed_chunk TO sallyport_api;
GRANT SELECT, INSERT ON egress.sealed_packet TO sallyport_api;
GRANT UPDATE (approval, signature, released_at_ms, attempt, attempt_at_ms, sha256, length, sealed_at_ms, submitted_by, submitted_at_ms) ON egress.sealed_packet TO sallyport_api;
GRANT EXECUTE ON FUNCTION egress.study_of(text), egress.reaches(text), egress.submitted_packet(text), egress.submitted_bytes(text, integer, integer),
  audit.release_records(text) TO sallyport_api;
