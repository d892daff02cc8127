// localStorage, which a browser may refuse; then things last as long as the page.

const memory = new Map<string, string>();

export function get(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return memory.get(key) ?? null;
  }
}

/** Stores value; null removes. */
export function set(key: string, value: string | null) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    if (value === null) memory.delete(key);
    else memory.set(key, value);
  }
}

/** A random word of 128 bits, also where crypto.randomUUID is missing (plain HTTP). */
export function randomWord(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Names this browser, so that ten tabs of one viewer count once. */
export function viewerId(): string {
  const KEY = 'hubbub.viewer';
  const known = get(KEY);
  if (known) return known;
  const id = randomWord();
  set(KEY, id);
  return id;
}
