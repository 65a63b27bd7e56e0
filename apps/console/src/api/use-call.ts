"use client";

import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient, type InfiniteData, type UseInfiniteQueryResult, type UseQueryResult } from "@tanstack/react-query";
import type { CallPath, InputOf, OutputOf, PagedPath } from "./procedures.ts";
import { sendCall } from "./send.ts";
import type { WireFailure } from "./wire-failure.ts";

export interface CallOptions {
  /** False waits: nothing is asked for. */
  readonly enabled?: boolean;
  /** Asks again so often, while the page can be seen. */
  readonly everyMs?: number;
  /** Never counts as activity, not even the first time: for what the frame asks for by itself. */
  readonly isBackground?: boolean;
  /** Asks once: again only where a person says so. For what costs much, or is on record each time. */
  readonly isOnce?: boolean;
  /** For opened PHI: kept by nobody once the last component that shows it is gone. */
  readonly isSensitive?: boolean;
  /** Shows the last answer while the next one, for another input, is on its way. */
  readonly keepsPrevious?: boolean;
}

/**
 * A procedure's answer, asked for when a component shows it. Asking again for what is shown already (by the clock, or as the window comes
 * back into sight) is background: it doesn't keep the session alive.
 */
export function useCall<P extends CallPath>(path: P, input: InputOf<P>, options: CallOptions = {}): UseQueryResult<OutputOf<P>, WireFailure> {
  const client = useQueryClient();
  const queryKey = [path, input] as const;
  return useQuery<OutputOf<P>, WireFailure>({
    queryKey,
    queryFn: ({ signal }) => sendCall(path, input, { signal, isBackground: options.isBackground === true || client.getQueryData(queryKey) !== undefined }),
    enabled: options.enabled ?? true,
    refetchInterval: options.everyMs ?? false,
    ...(options.isSensitive === true && { gcTime: 0, staleTime: 0 }),
    ...(options.isOnce === true && { staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false, refetchOnReconnect: false }),
    ...(options.keepsPrevious === true && { placeholderData: keepPreviousData }),
  });
}

/** A list that goes on by a cursor: pages in the order in which they were asked for. `input` is without its cursor. */
export function usePages<P extends PagedPath>(
  path: P,
  input: Omit<InputOf<P>, "cursor">,
  options: Pick<CallOptions, "enabled" | "isSensitive" | "keepsPrevious"> = {},
): UseInfiniteQueryResult<InfiniteData<OutputOf<P>>, WireFailure> {
  return useInfiniteQuery<OutputOf<P>, WireFailure, InfiniteData<OutputOf<P>>, readonly unknown[], string | null>({
    queryKey: [path, "pages", input],
    initialPageParam: null,
    queryFn: ({ pageParam, signal }) => sendCall(path, { ...input, ...(pageParam !== null && { cursor: pageParam }) } as InputOf<P>, { signal }),
    getNextPageParam: (last) => last.next,
    enabled: options.enabled ?? true,
    refetchOnWindowFocus: false,
    ...(options.isSensitive === true && { gcTime: 0, staleTime: 0 }),
    ...(options.keepsPrevious === true && { placeholderData: keepPreviousData }),
  });
}
