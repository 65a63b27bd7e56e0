-- Which custodian took over last (ADR 0080): a number that only grows. One that finds a greater one than its own has been taken over from, and ends; one whose
-- store has a smaller one has an old store, and doesn't serve.
CREATE TABLE boundary.custodian_epoch (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch    bigint NOT NULL CHECK (epoch > 0),
  taken_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Moves the number up, and only up: false where it is as great already. The commit is durable whatever the session says.
CREATE FUNCTION boundary.take_custodian_epoch(p_epoch bigint) RETURNS boolean
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'on', true);
  INSERT INTO boundary.custodian_epoch AS c (epoch) VALUES (p_epoch)
    ON CONFLICT (one) DO UPDATE SET epoch = excluded.epoch, taken_at = clock_timestamp() WHERE c.epoch < excluded.epoch;
  RETURN FOUND;
END $$;

GRANT SELECT ON boundary.custodian_epoch TO sallyport_custodian;
GRANT EXECUTE ON FUNCTION boundary.take_custodian_epoch(bigint) TO sallyport_custodian;
