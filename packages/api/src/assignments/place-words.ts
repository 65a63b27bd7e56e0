/** Words for a place of an assignment. */
export const placeWords = (study: string, site: string): string =>
  study === "*" ? "over the whole deployment" : site === "*" ? `at every site of ${study}` : `at ${study}/${site}`;
