export { carriesPeople, mayReach, processId, serviceId, terminalId, type WorkloadName, type Zone, type ZoneName, zoneOf, zones } from "./zones.ts";
