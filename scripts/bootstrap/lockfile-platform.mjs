const WORDS =
  /(?:^|(?<=[-/]))(?:linux|darwin|win32|windows|freebsd|android|openharmony|netbsd|openbsd|sunos|aix|wasm32|wasi|x64|x86|ia32|64|arm64|arm|armv7l|riscv64|ppc64|ppc64le|s390x|loong64|loongarch64|mips64el|universal|gnu|musl|gnueabihf|musleabihf|eabi|msvc)(?=-|$)/g;

/**
 * The families of native packages (`@turbo/*`, say) of which the lockfile holds a build for the platform that it was
 * made on, but none for this one. A lockfile that was made against an incomplete registry has such gaps, silently.
 */
export function uncoveredFamilies(lockfile, platform, arch, madeOn = ["linux", "x64"]) {
  const families = new Map();
  for (const { name, os, cpu } of nativePackages(lockfile)) {
    const family = name.replace(WORDS, "").replace(/-{2,}/g, "-").replace(/-$/, "");
    families.set(family, [...(families.get(family) ?? []), { os, cpu }]);
  }
  const holds = (builds, system, processor) => builds.some(({ os, cpu }) => os.includes(system) && (cpu.length === 0 || cpu.includes(processor)));
  return [...families]
    .filter(([, builds]) => holds(builds, ...madeOn) && !holds(builds, platform, arch))
    .map(([family]) => family)
    .sort((a, b) => (a < b ? -1 : 1));
}

function* nativePackages(lockfile) {
  const packages = lockfile.slice(lockfile.indexOf("\npackages:"), lockfile.indexOf("\nsnapshots:"));
  for (const block of packages.split(/\n(?= {2}\S)/)) {
    const name = /^ {2}'?(@?[^@'\s]+)@/.exec(block)?.[1];
    const os = listOf(block, "os");
    if (name !== undefined && os.length > 0) yield { name, os, cpu: listOf(block, "cpu") };
  }
}

const listOf = (block, key) =>
  new RegExp(`^ {4}${key}: \\[([^\\]]*)\\]`, "m")
    .exec(block)?.[1]
    ?.split(",")
    .map((word) => word.trim()) ?? [];
