import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import type { Metadata, Viewport } from "next";
import { cookies, headers } from "next/headers";
import { connection } from "next/server";
import type { ReactNode } from "react";
import { nonceIn } from "../src/content-security-policy.ts";
import { THEME_COOKIE, themeOf } from "../src/frame/theme.ts";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "Sallyport", template: "%s · Sallyport" },
  description: "The gate for clinical data: what stands between the outside and the data, and whether it does.",
  robots: { index: false, follow: false },
};
export const viewport: Viewport = {
  colorScheme: "light dark",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f5f4ef" },
    { media: "(prefers-color-scheme: dark)", color: "#11161a" },
  ],
};

/** The document of every page. Awaiting the connection keeps all pages dynamic: a page made at build time would have no nonce. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  await connection();
  const theme = themeOf(`${THEME_COOKIE}=${(await cookies()).get(THEME_COOKIE)?.value ?? ""}`);
  const nonce = nonceIn((await headers()).get("content-security-policy"));
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} {...(theme !== "system" && { "data-theme": theme })}>
      <head>
        {/* Where the component library looks for the nonce of the one style element that it makes. */}
        <meta property="csp-nonce" nonce={nonce} />
      </head>
      <body>{children}</body>
    </html>
  );
}
