-- A packet goes out for as long as the key that it was sealed to is its recipient's (ADR 0091).

ALTER TABLE egress.outbox_item ADD COLUMN recipient_key text CHECK (recipient_key ~ '^age1[023456789ac-hj-np-z]{58}$');
ALTER TABLE egress.outbox_item NO FORCE ROW LEVEL SECURITY;
UPDATE egress.outbox_item i SET recipient_key = v.key
  FROM egress.sealed_packet p JOIN egress.recipient_version v ON v.recipient = p.recipient AND v.version = p.recipient_version
 WHERE p.id = i.packet;
ALTER TABLE egress.outbox_item FORCE ROW LEVEL SECURITY;
ALTER TABLE egress.outbox_item ALTER COLUMN recipient_key SET NOT NULL;
CREATE TRIGGER key_stays BEFORE UPDATE ON egress.outbox_item FOR EACH ROW
  WHEN (NEW.recipient_key IS DISTINCT FROM OLD.recipient_key) EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE egress.outbox_item ENABLE ALWAYS TRIGGER key_stays;

-- Whether a recipient has this key now: neither withdrawn nor with another one.
CREATE FUNCTION egress.has_key(p_recipient text, p_key text) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT EXISTS (SELECT 1 FROM egress.recipients r WHERE r.id = p_recipient AND r.key = p_key) $$;
GRANT EXECUTE ON FUNCTION egress.has_key(text, text) TO sallyport_api;

-- Whoever submits a packet has its signatures looked at once more.
ALTER POLICY within_sites ON phi.documents
  USING (
    ((SELECT boundary.granted_action()) IN ('packet.release', 'packet.inspect')
      OR ((SELECT boundary.granted_action()) IN ('document.read', 'submission.sign', 'submission.assemble', 'submission.submit')
        AND type = (SELECT boundary.granted_resource())))
    AND boundary.reaches_document(study, site_key)
  );

CREATE OR REPLACE FUNCTION audit.signature_records(p_signature text) RETURNS TABLE (chain text, generation integer, seq bigint, body text, mac bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.chain, r.generation, r.seq, r.body, r.mac
    FROM phi.signatures s JOIN phi.documents d ON d.id = s.document AND d.version = s.version
    JOIN audit.search x ON x.request_id = s.request AND x.action = 'submission.sign' AND x.decision = 'allow'
    JOIN audit.records r ON r.chain = x.chain AND r.generation = x.generation AND r.seq = x.seq
   WHERE s.id = p_signature AND boundary.granted_action() IN ('document.read', 'submission.assemble', 'submission.submit') AND d.type = boundary.granted_resource()
     AND boundary.reaches_document(d.study, d.site_key)
$$;

-- Whether a recipient is sent to: it has this key, and a healthy route of its newest list.
CREATE FUNCTION egress.is_sendable(p_recipient text, p_key text) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT egress.has_key(p_recipient, p_key) AND EXISTS (
    SELECT 1 FROM egress.route r JOIN egress.route_health h ON h.route = r.id AND h.state = 'healthy'
     WHERE r.recipient = p_recipient AND r.version = (SELECT max(v.version) FROM egress.route v WHERE v.recipient = p_recipient))
$$;
-- Whether an item waits for somebody: tried in vain for as often as it is tried by itself, and still to its recipient's key.
CREATE FUNCTION egress.waits(i egress.outbox_item) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
$$ SELECT i.state = 'sealed' AND i.phase = 'idle' AND i.next_at_ms IS NULL AND egress.has_key(i.recipient, i.recipient_key) $$;
GRANT EXECUTE ON FUNCTION egress.is_sendable(text, text), egress.waits(egress.outbox_item) TO sallyport_api;
