"use client";

import dynamic from "next/dynamic";
import { useRouter, useSearchParams } from "next/navigation";
import { useState } from "react";
import { Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { PageHead, Skeleton } from "../components/states.tsx";
import { useMay, useMe } from "../frame/me.ts";
import { AccessReviews } from "./access-reviews.tsx";
import { EmergencyUses } from "./emergency-uses.tsx";

const EmergencyDrawer = dynamic(async () => (await import("./emergency-drawer.tsx")).EmergencyDrawer, { ssr: false });
const OpenReview = dynamic(async () => (await import("./open-review.tsx")).OpenReview, { ssr: false });

/** What somebody else has to look at again: how emergency access was used, and who holds what. */
export function ReviewsPage() {
  const router = useRouter();
  const query = useSearchParams();
  const me = useMe();
  const [mayEmergency, mayOpen, mayRead] = [useMay("emergency.review"), useMay("access.review"), useMay("role.read")];
  const [isOpening, setOpening] = useState(false);
  const opened = query.get("emergency");
  return (
    <div className="stack">
      <PageHead title="Reviews" lead="What was done in an emergency, and who holds which role, looked at again by somebody else.">
        {mayOpen && (
          <Button kind="primary" onPress={() => setOpening(true)}>
            <Icon name="plus" size={16} />
            Open a review of access
          </Button>
        )}
      </PageHead>
      {me.isPending && (
        <div className="panel">
          <Skeleton lines={6} label="Loading reviews" />
        </div>
      )}
      {mayEmergency && <EmergencyUses onOpen={(id) => router.replace(`/reviews?emergency=${id}`, { scroll: false })} />}
      {mayRead && <AccessReviews />}
      {isOpening && <OpenReview onClose={() => setOpening(false)} />}
      {mayEmergency && opened !== null && /^emg_[0-9a-hjkmnp-tv-z]{26}$/.test(opened) && (
        <EmergencyDrawer emergencyId={opened} onClose={() => router.replace("/reviews", { scroll: false })} />
      )}
    </div>
  );
}
