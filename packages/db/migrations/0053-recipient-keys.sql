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

-- What security is told of signatures at once: a wrong proof, and one that doesn't verify.
ALTER TABLE audit.alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE audit.alerts ADD CONSTRAINT alerts_kind_check CHECK (kind IN ('incident.opened', 'incident.ended', 'emergency.opened', 'method.locked', 'workload.revoked',
  'policy.signed', 'keys.escrowed', 'anchors.behind', 'delivery.disagrees', 'approval.requested', 'approval.decided', 'signature.made', 'signature.refused',
  'signature.broken', 'proof.used', 'address.changed', 'review.overdue', 'alert.test'));
