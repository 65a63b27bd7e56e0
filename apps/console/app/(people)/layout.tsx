import type { ReactNode } from "react";
import { Frame } from "../../src/frame/frame.tsx";

/** The frame of the pages behind the sign-in. The server makes it without knowing for whom: what is somebody's is fetched by the page. */
export default function PeopleLayout({ children }: { readonly children: ReactNode }) {
  return <Frame>{children}</Frame>;
}
