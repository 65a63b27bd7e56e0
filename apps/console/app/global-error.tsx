"use client";

/** When even the frame fails: plain text, no styles, nothing that could fail again. */
export default function FrameError() {
  return (
    <html lang="en">
      <body>
        <main>
          <h1>This page failed</h1>
          <p>The fault is on our side, and nothing was changed. Load the page again.</p>
        </main>
      </body>
    </html>
  );
}
