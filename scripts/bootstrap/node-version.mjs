/** The reason why this Node can't run Sallyport, or null. This file is read by old versions too: nothing new in it. */
export function nodeRefusal(version) {
  const parts = version.split(".").map(Number);
  if (parts[0] > 20 || (parts[0] === 20 && parts[1] >= 19)) return null;
  return "Sallyport needs Node.js 20.19 or newer (24 is recommended); this is " + version + ". Nothing was changed.";
}
