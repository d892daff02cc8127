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
  by?: string;
  userId?: string;
  messageId?: string;
  seconds?: number;
  reason?: string;
  settings?: Settings;
  /** What userId is in this stream from now on. */
  roles?: string[] | null;
  /** What the stream is from now on. */
  stream?: StreamChange;
}

export interface StreamChange {
  title: string;
  /** Also `deleted`. */
  status: string;
  language: string;
  thumbnailUrl: string;
  playbackUrl: string;
}

/** What a moderator asks for; `name` instead of `userId` where only that is known. */
export interface Order {
  action: 'delete' | 'clear' | 'timeout' | 'ban' | 'unban' | 'settings';
  messageId?: string;
  userId?: string;
  name?: string;
  seconds?: number;
  reason?: string;
  /** What is left out stays as it is. */
  settings?: Partial<Settings>;
}

/** A control record as the audit has it. */
export interface Audited extends Control {
  position: Position;
  at: string;
  byName?: string;
  userName?: string;
}

export interface Moderator {
  id: string;
  name: string;
}

/** What of past chat a list of blocked words would have refused. */
export interface DryRun {
  checked: number;
  matched: number;
  messages: (ChatMessage & { position?: Position })[];
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
  /** When the message there was logged. */
  throughTime?: string;
  /** How far the analysis was behind the log when it said so, in milliseconds. */
  age?: number;
}

/** What was said after `from`, up to `through`. */
export interface Summary {
  sentences: Sentence[] | null;
  from: Position;
  through: Position;
  /** When it was made; absent: there never was one. */
  at?: string;
}

/** Stands on the messages it cites. */
export interface Sentence {
  text: string;
  messageIds: string[];
}

/** What was said in a minute. */
export interface Minute {
  at: string;
  messages: number;
  counts: Counts;
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
  hostId?: string;
  title: string;
  hostname?: string;
  hostprofile?: string;
  thumbnailUrl?: string;
  createdAt?: string;
  endedAt?: string;
  viewerCount: number;
  status?: string;
  language?: string;
  playbackUrl?: string;
  demo?: boolean;
}

export interface StreamDetail {
  id: string;
  title: string;
  host?: { name: string; profilePic?: string };
  hostId?: string;
  viewerCount: number;
  status?: string;
  language?: string;
  thumbnailUrl?: string;
  playbackUrl?: string;
  demo?: boolean;
  createdAt?: string;
  endedAt?: string;
  settings?: Settings;
  /** What the viewer is in this stream: owner, moderator, admin, guest. */
  roles?: string[] | null;
}

/** What its owner says about a stream; empty texts are none. */
export interface StreamDraft {
  id?: string;
  title: string;
  language: string;
  thumbnailUrl: string;
  playbackUrl: string;
}

export interface User {
  id: string;
  name: string;
  /** Absent: a guest, or somebody who signs in elsewhere. */
  username?: string;
  profileImageUrl?: string;
  roles?: string[] | null;
}

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

export interface SignedIn extends Tokens {
  user: User;
}

/** What an installation allows. */
export interface Site {
  guests: boolean;
  signup: boolean;
  createStreams: 'admin' | 'accounts' | 'guests';
  oidc?: { id: string; name: string }[] | null;
  /** There is no admin yet. */
  claimable: boolean;
  version: string;
}

export const scopes = ['read', 'send', 'moderate'] as const;
export type Scope = (typeof scopes)[number];

export interface BotToken {
  id: string;
  name: string;
  scopes: Scope[];
  createdAt: string;
  expiresAt: string;
  lastUsedAt?: string;
}
