// Requests to the HTTP API, and its refusals.

import type { Refusal } from '../wire.ts';

/** What the API refused, with the code of its problem document; code `network` and status 0 when it was not reached. */
export class Refused extends Error {
  readonly refusal: Refusal;
  readonly status: number;

  constructor(refusal: Refusal, status: number) {
    super(refusal.message);
    this.refusal = refusal;
    this.status = status;
  }
}

export interface Init {
  /** Without one: POST with a body, else GET. */
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  token?: string | null;
}

/** Sends a request and reads the JSON of its answer; null: it has none. Throws Refused. */
export async function request<T>(path: string, { method, body, token }: Init = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (token) headers['Authorization'] = `Bearer ${token}`;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      signal: AbortSignal.timeout(15_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (err) {
    throw new Refused({ code: 'network', message: String(err) }, 0);
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(problem(response, answer), response.status);
  return answer as T;
}

function problem(response: Response, body: { code?: string; detail?: string; title?: string } | null): Refusal {
  const retryAfter = Number(response.headers.get('Retry-After'));
  return {
    code: body?.code ?? 'internal',
    message: body?.detail ?? body?.title ?? response.statusText,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  };
}
