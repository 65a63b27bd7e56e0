"use client";

import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs } from "react-aria-components/Tabs";

/** A part of the subject's page, under a tab of its own. */
export interface SubjectPart {
  readonly id: string;
  readonly title: string;
  readonly content: ReactNode;
}

interface SubjectTabsProps {
  readonly parts: readonly SubjectPart[];
  readonly at: string;
  readonly onGo: (id: string) => void;
}

/** The parts of a subject's page, one of which is shown. */
export function SubjectTabs({ parts, at, onGo }: SubjectTabsProps) {
  return (
    <Tabs className="tabs" selectedKey={at} onSelectionChange={(key) => onGo(String(key))}>
      <TabList className="tab-list" aria-label="Parts of the subject">
        {parts.map(({ id, title }) => (
          <Tab key={id} id={id} className="tab">
            {title}
          </Tab>
        ))}
      </TabList>
      {parts.map(({ id, content }) => (
        <TabPanel key={id} id={id} className="tab-panel">
          {content}
        </TabPanel>
      ))}
    </Tabs>
  );
}
