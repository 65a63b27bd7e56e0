-- What somebody has to be told of, too: an anchor that knows of another history, a wrong proof over a signature, a signature that doesn't verify, and whoever tries to
-- give themselves a right or to approve what they asked for.

ALTER TABLE audit.alerts DROP CONSTRAINT alerts_kind_check;
ALTER TABLE audit.alerts ADD CONSTRAINT alerts_kind_check CHECK (kind IN ('incident.opened', 'incident.ended', 'emergency.opened', 'method.locked', 'workload.revoked',
  'policy.signed', 'keys.escrowed', 'anchors.behind', 'anchor.refused', 'delivery.disagrees', 'approval.requested', 'approval.decided', 'signature.made', 'signature.refused', 'signature.broken', 'proof.used', 'address.changed',
  'review.overdue', 'separation.refused', 'alert.test'));
