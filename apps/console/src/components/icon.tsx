const PATHS = {
  overview: "M3 17V7l7-4 7 4v10M3 17h14M7.5 17v-5h5v5",
  crossings: "M3 6h11m-3-3 3 3-3 3M17 14H6m3-3-3 3 3 3",
  packets: "M3 11h3.5l1.5 2.5h4L13.5 11H17M3 11l2.5-7h9L17 11v5H3z",
  documents: "M5 3h7l3 3v11H5zM12 3v3h3M7.5 10h5M7.5 13h5",
  outbox: "M3 11v5h14v-5M10 12V3.5m-3.5 3.5L10 3.500l3.500 3.500M6.500 13.500h7",
  upload: "M10 13V4m-3.5 3.5L10 4l3.5 3.5M3 13v3h14v-3",
  subjects: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 17c.5-3.5 2.700-5 6-5s5.5 1.5 6 5",
  profiles: "M4 4h12v12H4zM4 8h12M8 8v8M11 11h2.5M11 13.500h2.5",
  approvals: "M4 4h12v12H4zM7 10l2.200 2.200L13.200 8",
  roles: "M3.500 3.500h13v13h-13zM3.500 8h13M8 3.500v13M11 11.500l1.500 1.500 2.500-3",
  people: "M7.5 9a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM2.5 16c.3-2.800 2-4.200 5-4.200s4.700 1.400 5 4.200M13 4.300a2.5 2.5 0 0 1 0 4.5M15 12.200c1.5.6 2.300 1.900 2.5 3.800",
  locks: "M5.5 9h9v7.5h-9zM7 9V6.500a3 3 0 0 1 6 0V9M10 12v1.800",
  studies: "M3 16.500h14M5 16.500V6l5-2.500L15 6v10.500M8.500 16.500V13h3v3.500M8 8.500h.1M12 8.500h.1M10 10.500h.1",
  bell: "M5 14.500c1-1 1.200-2.400 1.200-4.700a3.800 3.800 0 0 1 7.600 0c0 2.300.2 3.700 1.200 4.700zM8.500 17h3M10 4.200V3",
  services: "M3.500 4h13v4.500h-13zM3.500 11.500h13V16h-13zM6 6.200h.1M6 13.700h.1M9 6.200h5M9 13.700h5",
  incidents: "M10 3.500l7 12.500H3zM10 8v4M10 13.800v.400",
  archives: "M3 4h14v4H3zM4.500 8v8.500h11V8M8 11h4",
  reviews: "M4 3.500h8l4 4v9H4zM12 3.500v4h4M6.500 12.500l2 2 4-4.500",
  me: "M10 2.5 16 5v4.5c0 3.800-2.300 6.300-6 8-3.700-1.700-6-4.200-6-8V5zM7.5 9.800l1.800 1.800 3.400-3.400",
  terminal: "M3 4h14v12H3zM6 8l2.5 2L6 12M10.5 12.5H14",
  search: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
  menu: "M3 6h14M3 10h14M3 14h14",
  close: "M5 5l10 10M15 5 5 15",
  copy: "M7 7h9v9H7zM13 7V4H4v9h3",
  check: "M4 10.5l4 4 8-9",
  chevron: "M6 8l4 4 4-4",
  out: "M12 4h4v12h-4M3 10h9m-3-3 3 3-3 3",
  key: "M7 13a4 4 0 1 1 3.700-5.5H17v3h-2v2.5h-3V10.5h-1.300A4 4 0 0 1 7 13zM6.5 9h.1",
  clock: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM10 6v4l2.5 2.5",
  command: "M8 8h4v4H8zM8 8V5.5A2 2 0 1 0 5.5 8H8zM12 8V5.5A2 2 0 1 1 14.5 8H12zM8 12v2.5A2 2 0 1 1 5.5 12H8zM12 12v2.5a2 2 0 1 0 2.5-2.5H12z",
  light: "M10 13.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM10 1.5v2M10 16.5v2M1.5 10h2M16.5 10h2M4 4l1.400 1.400M14.600 14.600 16 16M16 4l-1.400 1.400M5.400 14.600 4 16",
  dark: "M16 12.5A7 7 0 0 1 7.5 4a6.5 6.5 0 1 0 8.5 8.5z",
  system: "M3 4h14v9H3zM7 17h6M10 13v4",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing of 20 units, in the colour of the text beside it; always decoration. */
export function Icon({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
