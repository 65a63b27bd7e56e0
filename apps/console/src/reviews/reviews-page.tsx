"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { AccessReviews } from "./access-reviews.tsx";
import { TrailReviews } from "../trail-reviews/trail-reviews.tsx";
import { EmergencyUses } from "./emergency-uses.tsx";

const EmergencyDrawer = dynamic(async () => (await import("./emergency-drawer.tsx")).EmergencyDrawer, { ssr: false });
const OpenReview = dynamic(async () => (await import("./open-review.tsx")).OpenReview, { ssr: false });
const OpenTrailReview = dynamic(async () => (await import("../trail-reviews/open-trail-review.tsx")).OpenTrailReview, { ssr: false });

/** What somebody else has to look at again: how emergency access was used, who holds what, and what the trail shows. */
export function ReviewsPage() {
  const router = useRouter();
  const query = useSearchParams();
  const me = useMe();
  const [mayEmergency, mayOpen, mayRead] = [useMay("emergency.review"), useMay("access.review"), useMay("role.read")];
  const mayTrail = useMay("trail.review");
  const [opening, setOpening] = useState<"access" | "trail" | null>(null);
  const opened = query.get("emergency");
  return (
    <div className="stack">
      <PageHead title="Reviews" lead="What was done in an emergency, who holds which role, and what the trail shows, looked at again by somebody else.">
        {mayOpen && (
          <Button kind="primary" onPress={() => setOpening("access")}>
            <Icon name="plus" size={16} />
            Open a review of access
          </Button>
        )}
        {mayTrail && (
          <Button kind={mayOpen ? "plain" : "primary"} onPress={() => setOpening("trail")}>
            <Icon name="plus" size={16} />
            Open a review of the trail
          </Button>
        )}
      </PageHead>
      {me.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading reviews" />
        </div>
      )}
      {mayEmergency && <EmergencyUses onOpen={(id) => router.replace(`/reviews?emergency=${id}`, { scroll: false })} />}
      {mayTrail && <TrailReviews />}
      {mayRead && <AccessReviews />}
      {opening === "access" && <OpenReview onClose={() => setOpening(null)} />}
      {opening === "trail" && <OpenTrailReview onClose={() => setOpening(null)} />}
      {mayEmergency && opened !== null && /^emg_[0-9a-hjkmnp-tv-z]{26}$/.test(opened) && (
        <EmergencyDrawer emergencyId={opened} onClose={() => router.replace("/reviews", { scroll: false })} />
      )}
    </div>
  );
}
