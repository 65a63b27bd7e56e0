-- Sites are added and closed, and titles changed, by acts of their own. At a closed site nothing new comes in; what is there stays readable.

ALTER TABLE regulatory.sites ADD COLUMN closed_at_ms bigint;

-- Which sites are closed is part of what decisions rest on.
CREATE TRIGGER bump AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON regulatory.sites FOR EACH STATEMENT EXECUTE FUNCTION policy.bump_epoch();
ALTER TABLE regulatory.sites ENABLE ALWAYS TRIGGER bump;
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON regulatory.sites FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON regulatory.studies FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE regulatory.sites ENABLE ALWAYS TRIGGER never_removed;
ALTER TABLE regulatory.studies ENABLE ALWAYS TRIGGER never_removed;

GRANT UPDATE (closed_at_ms) ON regulatory.sites TO sallyport_api;
GRANT UPDATE (title) ON regulatory.studies TO sallyport_api;
