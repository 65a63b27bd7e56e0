"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from "react";
import { liveSession } from "../api/live-session.ts";
import { resumeSession } from "../api/send.ts";
import { toFailure, WireFailure } from "../api/wire-failure.ts";
import type { SessionFacts } from "../bff/session-vault.ts";
import { closeSession } from "./close-session.ts";
import { coverPage, leavePage } from "./leave.ts";
import { hearTabs, tellTabs } from "./tab-line.ts";

const RETRIES_MAX = 2;

const newClient = () =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5000,
        gcTime: 60_000,
        retry: (count, error) => count < RETRIES_MAX && error instanceof WireFailure && error.facts.retry,
        retryDelay: (count) => 500 * 2 ** count,
      },
      mutations: { retry: false },
    },
  });

type Opening = { readonly phase: "opening" } | { readonly phase: "failed"; readonly failure: WireFailure } | { readonly phase: "open"; readonly facts: SessionFacts };

interface Session {
  readonly facts: SessionFacts;
  readonly signOut: () => void;
}

const SessionContext = createContext<Session | null>(null);

/** The session that this page belongs to. Inside the frame alone. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new WireFailure("internal");
  return session;
}

export interface SessionGateProps {
  /** While it isn't known whose session this is. */
  readonly opening: ReactNode;
  readonly failed: (failure: WireFailure, retry: () => void) => ReactNode;
  readonly children: ReactNode;
}

/**
 * Shows its children once the console said whose session this is, and to nobody else. When the session is over, here or in another tab, the
 * page is covered and left. A page that a browser kept for Back is covered before it is kept, and loaded anew when it comes back.
 */
export function SessionGate({ opening, failed, children }: SessionGateProps) {
  const [client] = useState(newClient);
  const [state, setState] = useState<Opening>({ phase: "opening" });

  const open = useCallback(() => {
    resumeSession().then(
      (facts) => {
        liveSession.begin(facts);
        setState({ phase: "open", facts });
      },
      (error: unknown) => {
        const failure = toFailure(error);
        if (failure.endsSession) leavePage(client, failure.code === "session.idle" ? "idle" : failure.code === "session.expired" ? "expired" : "missing");
        else setState({ phase: "failed", failure });
      },
    );
  }, [client]);

  useEffect(open, [open]);

  useEffect(() => {
    const stopEnd = liveSession.onEnd((why) => leavePage(client, why));
    const stopActivity = liveSession.onActivity(() => {
      const sessionId = liveSession.facts?.sessionId;
      if (sessionId !== undefined) tellTabs({ kind: "active", sessionId, atMs: liveSession.activeAtMs });
    });
    const stopTabs = hearTabs((news) => {
      const mine = liveSession.facts?.sessionId;
      if (mine === undefined) return;
      if (news.kind === "began" && news.sessionId !== mine) liveSession.end("other");
      if (news.sessionId !== mine) return;
      if (news.kind === "ended") liveSession.end(news.why);
      if (news.kind === "active") liveSession.noteActivity(news.atMs);
    });
    const back = (event: PageTransitionEvent) => {
      if (event.persisted) location.reload();
    };
    addEventListener("pagehide", coverPage);
    addEventListener("pageshow", back);
    return () => {
      stopEnd();
      stopActivity();
      stopTabs();
      removeEventListener("pagehide", coverPage);
      removeEventListener("pageshow", back);
    };
  }, [client]);

  const signOut = useCallback(() => {
    void closeSession("out");
  }, []);

  if (state.phase === "opening") return opening;
  if (state.phase === "failed") {
    return failed(state.failure, () => {
      setState({ phase: "opening" });
      open();
    });
  }
  return (
    <QueryClientProvider client={client}>
      <SessionContext value={{ facts: state.facts, signOut }}>{children}</SessionContext>
    </QueryClientProvider>
  );
}
