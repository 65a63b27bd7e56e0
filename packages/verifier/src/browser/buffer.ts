// Of the package, and not Node's own: this stands in a page for the `Buffer` that Node has everywhere.
export { Buffer } from "buffer/index.js";
