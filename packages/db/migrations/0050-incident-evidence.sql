-- A file that was kept of a step, by its digest and length: it stays where its keeper has it, and whoever is shown it can tell whether it is that one.
ALTER TABLE audit.incident_steps
  ADD COLUMN evidence_sha256 text CHECK (evidence_sha256 ~ '^[0-9a-f]{64}$'),
  ADD COLUMN evidence_bytes bigint CHECK (evidence_bytes >= 0),
  ADD CONSTRAINT evidence_whole CHECK ((evidence_sha256 IS NULL) = (evidence_bytes IS NULL));
