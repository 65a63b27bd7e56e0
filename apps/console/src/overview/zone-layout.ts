import { type Zone, zones } from "@sallyport/zones";

export interface PlacedZone {
  readonly zone: Zone;
  readonly x: number;
  readonly y: number;
}

/** A way from one zone into another that the zones table allows. The points are on the zones' edges. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly start: readonly [number, number];
  readonly end: readonly [number, number];
}

export interface ZoneLayout {
  readonly width: number;
  readonly height: number;
  readonly box: readonly [width: number, height: number];
  readonly zones: readonly PlacedZone[];
  readonly hops: readonly Hop[];
}

/** How many doors lie between a zone and the outside, at most. */
function depthOf(name: string): number {
  const callers = zones.find((zone) => zone.name === name)?.callers ?? [];
  return callers.length === 0 ? 0 : 1 + Math.max(...callers.map(depthOf));
}

const hopNames = zones.flatMap((zone) => zone.callers.map((from) => [from, zone.name] as const));
/** A zone that can be walked past lies beside the straight way. */
const isBeside = (name: string): boolean => hopNames.some(([from, to]) => depthOf(from) < depthOf(name) && depthOf(name) < depthOf(to)) && depthOf(name) > 0;

interface Measures {
  readonly box: readonly [number, number];
  readonly along: number;
  readonly across: number;
}

/** The zones from the outside to the data, `along` one axis by depth and in two lanes `across` it, derived from the zones table. */
function layOut(isWide: boolean, { box, along, across }: Measures): ZoneLayout {
  const depths = [...new Set(zones.map(({ name }) => depthOf(name)))].toSorted((a, b) => a - b);
  const placed = depths.flatMap((depth) => {
    const here = zones.filter(({ name }) => depthOf(name) === depth);
    return here.map((zone, index) => {
      const lane = here.length > 1 ? index : Number(isBeside(zone.name));
      const [x, y] = isWide ? [depth * along, lane * across] : [lane * across, depth * along];
      return { zone: zone as Zone, x, y };
    });
  });
  const at = (name: string): PlacedZone | undefined => placed.find(({ zone }) => zone.name === name);
  const hops = hopNames.flatMap(([from, to]) => {
    const [source, target] = [at(from), at(to)];
    if (source === undefined || target === undefined) return [];
    const [w, h] = box;
    return [
      isWide
        ? { from, to, start: [source.x + w, source.y + h / 2] as const, end: [target.x, target.y + h / 2] as const }
        : { from, to, start: [source.x + w / 2, source.y + h] as const, end: [target.x + w / 2, target.y] as const },
    ];
  });
  const [width, height] = isWide ? [depths.length * along - (along - box[0]), across + box[1]] : [across + box[0], depths.length * along - (along - box[1])];
  return { width, height, box, zones: placed, hops };
}

export const wideLayout: ZoneLayout = layOut(true, { box: [184, 100], along: 262, across: 132 });
export const narrowLayout: ZoneLayout = layOut(false, { box: [160, 92], along: 152, across: 176 });

/** How far along its way a crossing is stopped that was denied: at the door of the zone that it was to enter. */
export const STOPPED_AT = 0.72;

/** A smooth way between two points that leaves and arrives square to the zones' edges. */
export function hopPath({ start: [x1, y1], end: [x2, y2] }: Hop, isWide: boolean, until = 1): string {
  const bend: readonly (readonly [number, number])[] = isWide
    ? [
        [(x1 + x2) / 2, y1],
        [(x1 + x2) / 2, y2],
      ]
    : [
        [x1, (y1 + y2) / 2],
        [x2, (y1 + y2) / 2],
      ];
  const [[cx1, cy1] = [x1, y1], [cx2, cy2] = [x2, y2]] = bend;
  if (until >= 1) return `M${x1} ${y1}C${cx1} ${cy1} ${cx2} ${cy2} ${x2} ${y2}`;
  // De Casteljau: the first part of the same curve.
  const mix = (a: readonly [number, number], b: readonly [number, number]): readonly [number, number] => [a[0] + (b[0] - a[0]) * until, a[1] + (b[1] - a[1]) * until];
  const points = [[x1, y1] as const, [cx1, cy1] as const, [cx2, cy2] as const, [x2, y2] as const] as const;
  const [a, b, c] = [mix(points[0], points[1]), mix(points[1], points[2]), mix(points[2], points[3])];
  const [d, e] = [mix(a, b), mix(b, c)];
  const f = mix(d, e);
  const text = (point: readonly [number, number]): string => point.map((n) => Math.round(n * 10) / 10).join(" ");
  return `M${x1} ${y1}C${text(a)} ${text(d)} ${text(f)}`;
}
