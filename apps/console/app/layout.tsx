import type { Metadata, Viewport } from "next";
import { GeistMono } from "geist/font/mono";
import { GeistSans } from "geist/font/sans";
import { connection } from "next/server";
import type { ReactNode } from "react";
import "./globals.css";

export const metadata: Metadata = {
  title: "Sallyport",
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

/** The frame of every page. Awaiting the connection keeps all pages dynamic: a page made at build time would have no nonce. */
export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  await connection();
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`}>
      <body>
        <a className="skip" href="#main">
          Skip to the state of the door
        </a>
        <header className="masthead">
          <div className="frame">
            <p className="wordmark">
              <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">
                <path d="M3 19V3h14v16M3 3l6 3v13" />
              </svg>
              Sallyport
            </p>
            <p className="masthead-note">Status</p>
          </div>
        </header>
        <main id="main" className="page frame" tabIndex={-1}>
          {children}
        </main>
        <footer className="footer">
          <p className="frame">This page is public. It shows how the door is, and nothing of what is behind it.</p>
        </footer>
      </body>
    </html>
  );
}
