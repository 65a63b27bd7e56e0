export { ageKey, openWithAge, stockAge } from "./stock-age.ts";
