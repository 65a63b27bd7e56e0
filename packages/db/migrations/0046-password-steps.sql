-- Each step of a password's life, of all zone roles together: whoever prepares the database takes them, and the api puts them on the trail.
CREATE TABLE boundary.password_steps (
  -- Odd ones are of the logins ..._a, even ones of ..._b (packages/db/src/roles.ts).
  generation  integer NOT NULL CHECK (generation > 0),
  step        text NOT NULL CHECK (step IN ('add', 'activate', 'retire')),
  cause       text NOT NULL CHECK (cause IN ('start', 'age', 'operator')),
  at          timestamptz NOT NULL DEFAULT now(),
  -- Of a retirement: sessions that it ended.
  ended       integer NOT NULL DEFAULT 0 CHECK (ended >= 0),
  is_recorded boolean NOT NULL DEFAULT false,
  PRIMARY KEY (generation, step)
);

-- What happened stays; that it is on the trail is all that changes.
CREATE FUNCTION boundary.keep_password_step() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.is_recorded AND (NEW.generation, NEW.step, NEW.cause, NEW.at, NEW.ended) = (OLD.generation, OLD.step, OLD.cause, OLD.at, OLD.ended) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON boundary.password_steps FOR EACH ROW EXECUTE FUNCTION boundary.keep_password_step();
ALTER TABLE boundary.password_steps ENABLE ALWAYS TRIGGER keep;
CREATE TRIGGER append_only BEFORE TRUNCATE ON boundary.password_steps FOR EACH STATEMENT EXECUTE FUNCTION boundary.refuse_change();
ALTER TABLE boundary.password_steps ENABLE ALWAYS TRIGGER append_only;
GRANT SELECT ON boundary.password_steps TO sallyport_api;
GRANT UPDATE (is_recorded) ON boundary.password_steps TO sallyport_api;
