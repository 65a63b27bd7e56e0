/** `system` follows the browser; it is what a console without the cookie has. */
export type Theme = "system" | "light" | "dark";

/** Holds `light` or `dark` and nothing else. It is the one cookie that Next gets to see, so that the first paint has the right colours. */
export const THEME_COOKIE = "sallyport-theme";

/** The theme of a `cookie` header or of `document.cookie`. */
export function themeOf(cookies: string | undefined): Theme {
  const value = new RegExp(`(?:^|;\\s*)${THEME_COOKIE}=(light|dark)(?:;|$)`).exec(cookies ?? "")?.[1];
  return value === "light" || value === "dark" ? value : "system";
}

/** The cookie that keeps a choice for a year, or ends it. */
export const themeCookie = (theme: Theme): string => `${THEME_COOKIE}=${theme === "system" ? "; Max-Age=0" : `${theme}; Max-Age=31536000`}; Path=/; SameSite=Strict`;
