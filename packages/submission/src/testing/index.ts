export { type Desks, FOLDER_FAULTS, openDesks, PACKET_FAULTS, unpack } from "./packet-faults.ts";
export { ageKey, openWithAge, stockAge } from "./stock-age.ts";
