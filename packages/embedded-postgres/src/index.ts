export { freePort, isPortFree } from "./free-port.ts";
export type { Exit } from "./postmaster.ts";
export { ancestorsOpen } from "./runner.ts";
export { type EmbeddedPostgres, type PostgresOptions, startPostgres } from "./start-postgres.ts";
