-- Subjects whose keys are destroyed for good, and until when a study's data are kept (ADR 0065).

-- Null while nobody has said so: until then nothing of the study is destroyed.
ALTER TABLE regulatory.studies ADD COLUMN retained_until date;

-- Whether a request of this kind was approved by as many as it needs, in this transaction or before; and what its statement is about.
CREATE FUNCTION approvals.payload_approved(p_id text, p_kind text) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.statement::jsonb -> 'payload' FROM approvals.requests r
   WHERE r.id = p_id AND r.kind = p_kind AND r.state IN ('requested', 'done')
     AND NOT EXISTS (SELECT 1 FROM approvals.votes v WHERE v.request = r.id AND v.verdict = 'reject')
     AND (SELECT count(*) FROM approvals.votes v WHERE v.request = r.id AND v.verdict = 'approve') >= r.needed
$$;
REVOKE EXECUTE ON FUNCTION approvals.payload_approved(text, text) FROM PUBLIC;

-- Until when a study's data are kept is said by an approval, and by nothing else; null: nobody says so any more.
CREATE FUNCTION regulatory.retain(p_approval text) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_said jsonb := approvals.payload_approved(p_approval, 'study.retention');
BEGIN
  IF v_said IS NULL OR boundary.granted_action() <> 'approval.decide' THEN
    RAISE EXCEPTION 'not approved' USING ERRCODE = 'insufficient_privilege';
  END IF;
  UPDATE regulatory.studies SET retained_until = (v_said ->> 'until')::date WHERE id = v_said ->> 'study';
END $$;

-- One row a subject, with the approval's exact text: what is left to do after a crash is the rows that aren't `destroyed` yet.
CREATE TABLE phi.shreds (
  subject         text PRIMARY KEY REFERENCES phi.subjects (id),
  approval        text NOT NULL UNIQUE REFERENCES approvals.requests (id),
  statement       text NOT NULL,
  -- Packets whose originals went too; ids joined by newlines.
  packets         text NOT NULL,
  at_ms           bigint NOT NULL,
  -- When the custodian said that it has destroyed what it held.
  destroyed_at_ms bigint
);
CREATE INDEX shreds_due ON phi.shreds (at_ms) WHERE destroyed_at_ms IS NULL;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON phi.shreds FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE phi.shreds ENABLE ALWAYS TRIGGER never_removed;
ALTER TABLE phi.shreds ENABLE ROW LEVEL SECURITY;
ALTER TABLE phi.shreds FORCE ROW LEVEL SECURITY;
-- The functions here alone, which are the owner's.
CREATE POLICY shred ON phi.shreds FOR ALL TO sallyport_owner USING (true);

-- What destroying a subject's keys would come to now, the subject held until the transaction ends: its study's retention, what stands in the way, and the
-- packets whose originals go too. Those are all that were decided, or given up, and name a site where the subject is or was: in which of them it is, only
-- their sealed content says, and nothing reads that any more. Where documents are read from a released one, it stands in the way.
CREATE FUNCTION phi.shred_scope(p_id text)
  RETURNS TABLE (study text, label text, wrapped text, retained_until text, undecided integer, mixed integer, packets text, elsewhere integer)
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_sites text[];
BEGIN
  IF boundary.granted_action() NOT IN ('subject.withdraw', 'approval.decide') THEN
    RAISE EXCEPTION 'not granted' USING ERRCODE = 'insufficient_privilege';
  END IF;
  PERFORM 1 FROM phi.subjects s WHERE s.id = p_id FOR UPDATE;
  SELECT array_agg(k.site_key) INTO v_sites
    FROM (SELECT s.site_key FROM phi.subjects s WHERE s.id = p_id UNION SELECT t.from_key FROM phi.transfers t WHERE t.subject = p_id) k;
  RETURN QUERY
    WITH near AS MATERIALIZED (
      SELECT p.id, p.state, NOT p.site_keys <@ v_sites AS elsewhere,
             p.state = 'released' AND EXISTS (SELECT 1 FROM phi.documents d WHERE d.packet = p.id) AS is_read,
             p.state <> 'released' OR p.row_count > 0 AS has_rows
        FROM ingress.packets p WHERE p.site_keys && v_sites AND p.wrapped <> 'shredded')
    SELECT s.study, s.label, s.wrapped, to_char(t.retained_until, 'YYYY-MM-DD'),
           (SELECT count(*)::integer FROM near n WHERE n.state IN ('receiving', 'quarantined')),
           (SELECT count(*)::integer FROM near n WHERE n.is_read AND n.has_rows),
           (SELECT coalesce(string_agg(n.id, E'\n' ORDER BY n.id COLLATE "C"), '') FROM near n WHERE n.state IN ('released', 'rejected', 'abandoned') AND n.has_rows AND NOT n.is_read),
           (SELECT count(*)::integer FROM near n WHERE n.state IN ('released', 'rejected', 'abandoned') AND n.has_rows AND NOT n.is_read AND n.elsewhere)
      FROM phi.subjects s JOIN regulatory.studies t ON t.id = s.study WHERE s.id = p_id;
END $$;

-- Shreds a subject upon its approval: from the commit on no node finds a wrapped key any more, and the custodian is told to destroy what it holds. What is
-- stored in place of a wrapped key names no key-encryption key, so nothing waits for it when that one turns. False where it was done already.
CREATE FUNCTION phi.shred_subject(p_id text, p_approval text, p_packets text, p_at_ms bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  v_said jsonb := approvals.payload_approved(p_approval, 'subject.shred');
BEGIN
  IF v_said IS NULL OR v_said ->> 'subjectId' <> p_id OR boundary.granted_action() <> 'approval.decide' THEN
    RAISE EXCEPTION 'not approved' USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO phi.shreds (subject, approval, statement, packets, at_ms)
    SELECT p_id, r.id, r.statement, p_packets, p_at_ms FROM approvals.requests r WHERE r.id = p_approval
    ON CONFLICT (subject) DO NOTHING;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE phi.subjects s SET wrapped = 'shredded' WHERE s.id = p_id;
  UPDATE phi.transfers t SET wrapped = 'shredded' WHERE t.subject = p_id;
  UPDATE ingress.packets p SET wrapped = 'shredded'
   WHERE p.id = ANY (string_to_array(p_packets, E'\n')) AND p.state IN ('released', 'rejected', 'abandoned') AND p.wrapped <> 'shredded';
  RETURN true;
END $$;

-- The next shreds that the custodian hasn't carried out yet.
CREATE FUNCTION phi.shreds_due(p_limit integer) RETURNS TABLE (subject text, statement text, packets text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT h.subject, h.statement, h.packets FROM phi.shreds h WHERE h.destroyed_at_ms IS NULL ORDER BY h.at_ms LIMIT p_limit $$;

CREATE FUNCTION phi.shred_carried_out(p_subject text, p_at_ms bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  UPDATE phi.shreds h SET destroyed_at_ms = p_at_ms WHERE h.subject = p_subject AND h.destroyed_at_ms IS NULL;
  RETURN FOUND;
END $$;

-- Who had a subject of the crossing's sites shredded, and when: names as they are printed, those of the approvers joined by newlines.
CREATE FUNCTION phi.shred_of(p_id text) RETURNS TABLE (approval text, at_ms bigint, destroyed_at_ms bigint, requested_by text, approved_by text, packets integer)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT h.approval, h.at_ms, h.destroyed_at_ms, p.printed_name,
         (SELECT string_agg(q.printed_name, E'\n' ORDER BY v.at_ms) FROM approvals.votes v JOIN people.persons q ON q.id = v.person WHERE v.request = h.approval AND v.verdict = 'approve'),
         cardinality(string_to_array(h.packets, E'\n'))
    FROM phi.shreds h JOIN phi.subjects s ON s.id = h.subject JOIN approvals.requests r ON r.id = h.approval JOIN people.persons p ON p.id = r.requested_by_person
   WHERE h.subject = p_id AND (s.site_key = ANY (boundary.granted_sites()) OR s.id = policy.emergency_subject())
$$;

GRANT EXECUTE ON FUNCTION regulatory.retain(text), phi.shred_scope(text), phi.shred_subject(text, text, text, bigint), phi.shreds_due(integer),
  phi.shred_carried_out(text, bigint), phi.shred_of(text) TO sallyport_api;
