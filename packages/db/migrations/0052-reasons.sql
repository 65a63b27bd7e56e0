-- Why something was done, for whoever reads the record of it (21 CFR 11.10(e); EU Annex 11, 9). The record holds the commitment to the sealed reason: who knows it has seen the record.

CREATE INDEX changes_request ON audit.changes (request_id);

CREATE FUNCTION audit.reason_of(p_request text, p_commitment text) RETURNS TABLE (id text, sealed text, commitment text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.id, c.sealed, c.commitment FROM audit.changes c
   WHERE c.request_id = p_request AND c.commitment = p_commitment AND boundary.granted_action() = 'trail.read'
$$;

GRANT EXECUTE ON FUNCTION audit.reason_of(text, text) TO sallyport_api;
