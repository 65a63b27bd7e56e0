-- Assigning roles and ending assignments by an act of their own.

-- One that is ended before it began never holds, so its end may be its beginning.
ALTER TABLE policy.assignments DROP CONSTRAINT assignments_check;
ALTER TABLE policy.assignments ADD CONSTRAINT ends_after_beginning CHECK (until_ms >= from_ms);

-- What has ended stays ended: an end moves towards now, never away from it. Nothing else of an assignment may be changed by anybody's right.
CREATE FUNCTION policy.only_sooner() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NEW.until_ms IS NULL OR NEW.until_ms > OLD.until_ms THEN
    RAISE EXCEPTION 'an assignment is not prolonged' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER only_sooner BEFORE UPDATE ON policy.assignments FOR EACH ROW EXECUTE FUNCTION policy.only_sooner();
ALTER TABLE policy.assignments ENABLE ALWAYS TRIGGER only_sooner;
