import { confined, forbidden, typesOnly } from "./boundaries.mjs";
import { compose } from "./compose.mjs";
import { errorPages } from "./error-pages.mjs";
import { faultMatrix } from "./fault-matrix.mjs";
import { machine, pinned, secrets, silenced } from "./hygiene.mjs";
import { custodianSize, fileNames, fileSizes } from "./sizes.mjs";
import { format, lint, packageGraph, unused } from "./tools.mjs";

/** Every check, cheapest first. */
export const checks = [
  confined,
  forbidden,
  typesOnly,
  fileNames,
  fileSizes,
  custodianSize,
  secrets,
  machine,
  silenced,
  pinned,
  errorPages,
  compose,
  faultMatrix,
  format,
  packageGraph,
  unused,
  lint,
];
