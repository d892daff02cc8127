// The scripted chatters of a demo stream.

import { asViewer } from './session.ts';

export interface DemoState {
  running: boolean;
  /** The viewer may start and stop them. */
  mayChange: boolean;
}

export function getDemo(id: string): Promise<DemoState> {
  return asViewer(at(id));
}

export function setDemo(id: string, running: boolean): Promise<DemoState> {
  return asViewer(at(id), { body: { running } });
}

function at(id: string): string {
  return `/api/v1/streams/${encodeURIComponent(id)}/demo`;
}
