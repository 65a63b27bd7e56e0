export { mayConnect, processId, serviceId, type WorkloadName, type Zone, type ZoneName, zoneOf, zones } from "./zones.ts";
