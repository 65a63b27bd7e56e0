import { type RefObject, useEffect } from "react";

/** Looks again whenever a frame is scrolled or gets another size, and once at first. */
export function useFollowed(frame: RefObject<HTMLElement | null>, look: () => void): void {
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [frame, look]);
}
