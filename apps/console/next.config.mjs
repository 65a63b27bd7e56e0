import { join } from "node:path";

/** @type {import("next").NextConfig} */
const config = {
  poweredByHeader: false,
  productionBrowserSourceMaps: false,
  reactStrictMode: true,
  agentRules: false,
  // The image optimiser has been a way in; nothing here needs it, and the request filter answers 404 for its path.
  images: { unoptimized: true },
  turbopack: { root: join(import.meta.dirname, "../..") },
};

export default config;
