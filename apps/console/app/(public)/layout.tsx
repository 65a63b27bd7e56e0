import Link from "next/link";
import type { ReactNode } from "react";
import { ButtonLink } from "../../src/components/button.tsx";
import { ThemeSwitch } from "../../src/frame/theme-switch.tsx";
import { Wordmark } from "../../src/frame/wordmark.tsx";

/** The frame of the pages that anybody may see. */
export default function PublicLayout({ children }: { readonly children: ReactNode }) {
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="masthead">
        <div className="frame">
          <Link href="/" prefetch={false} className="masthead-home">
            <Wordmark />
          </Link>
          <span className="masthead-acts">
            <ThemeSwitch />
            <Link href="/verify" prefetch={false}>
              Check an export
            </Link>
            <span className="masthead-enter">
              <ButtonLink href="/sign-in" kind="primary">
                Sign in
              </ButtonLink>
            </span>
          </span>
        </div>
      </header>
      <main id="main" className="page frame" tabIndex={-1}>
        {children}
      </main>
      <footer className="footer">
        <p className="frame">This page is public: it shows nothing of what is behind the door.</p>
      </footer>
    </>
  );
}
