// What travels between the page and the server: payloads as they stand in the
// wire contract. Readers ignore fields that they do not know.

/** Positions print as `epoch.number`; a room's grow, and are not consecutive. */
export type Position = string;

export interface Sender {
  id: string;
  name: string;
  roles?: string[] | null;
}

export interface ChatMessage {
  id: string;
  streamId: string;
  sender: Sender;
  content: string;
  createdAt: string;
  nonce?: string;
  /** The text is withheld: a moderator deleted the message. */
  deleted?: boolean;
}

export interface Settings {
  slowSeconds: number;
  chat: 'open' | 'accounts' | 'off' | '';
}

export interface Control {
  id: string;
  action: string;
  userId?: string;
  messageId?: string;
  seconds?: number;
  reason?: string;
  settings?: Settings;
}

export const moods = ['praise', 'criticism', 'laughter', 'question', 'advice', 'other'] as const;
export type Mood = (typeof moods)[number];
export type Counts = Partial<Record<Mood, number>>;

export interface Analysis {
  totalCount: number;
  counts: Counts;
  window?: { seconds: number; messages: number; chatters: number; counts: Counts };
  chatters?: number;
  trending?: { term: string; users: number }[] | null;
  /** Every message up to here is counted. */
  through: Position;
  /** How far the analysis was behind the log when it said so, in milliseconds. */
  age?: number;
}

export interface UserCount {
  streamId: string;
  userCount: number;
}

/** A refusal: a notice, a problem of the HTTP API, or an ERROR frame. */
export interface Refusal {
  code: string;
  message: string;
  retryAfterMs?: number;
}

export interface Notice extends Refusal {
  destination?: string;
  receipt?: string;
  content?: string;
}

export interface StreamCard {
  id: string;
  title: string;
  hostname?: string;
  createdAt?: string;
  viewerCount: number;
  status?: string;
  demo?: boolean;
}

export interface StreamDetail {
  id: string;
  title: string;
  host?: { name: string };
  viewerCount: number;
  status?: string;
  settings?: Settings;
}
