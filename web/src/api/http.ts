// Requests to the HTTP API, and its refusals.

import type { Refusal } from '../wire.ts';

/** What the API refused, with the code of its problem document; code `network` when it was not reached. */
export class Refused extends Error {
  readonly refusal: Refusal;
  readonly status: number;

  constructor(refusal: Refusal, status: number) {
    super(refusal.message);
    this.refusal = refusal;
    this.status = status;
  }
}

/** Sends a request and reads the JSON of its answer. Throws Refused. */
export async function request<T>(path: string, init: { body?: unknown; token?: string } = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (init.token) headers['Authorization'] = `Bearer ${init.token}`;
  if (init.body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(path, {
      method: init.body === undefined ? 'GET' : 'POST',
      headers,
      signal: AbortSignal.timeout(15_000),
      ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    });
  } catch (err) {
    throw new Refused({ code: 'network', message: String(err) }, 0);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok) throw new Refused(problem(response, body), response.status);
  return body as T;
}

function problem(response: Response, body: { code?: string; detail?: string; title?: string } | null): Refusal {
  const retryAfter = Number(response.headers.get('Retry-After'));
  return {
    code: body?.code ?? 'internal',
    message: body?.detail ?? body?.title ?? response.statusText,
    ...(retryAfter > 0 ? { retryAfterMs: retryAfter * 1000 } : {}),
  };
}
