// What the overlay's address asks for.

export interface OverlayOptions {
  /** How many of the newest lines are shown. */
  lines: number;
  /** Size of the text in CSS pixels. */
  size: number;
  /** The mood bar above the messages. */
  mood: boolean;
  theme: 'dark' | 'light' | 'plain';
  /** Lines fade after so many seconds; 0: they stay. */
  fade: number;
}

/** Reads a query; what is missing, or makes no sense, is as usual. */
export function overlayOptions(params: URLSearchParams): OverlayOptions {
  const number = (name: string, usual: number, least: number, most: number) => {
    const value = Number(params.get(name) || NaN);
    return Number.isFinite(value) ? Math.min(most, Math.max(least, Math.round(value))) : usual;
  };
  const theme = params.get('theme');
  return {
    lines: number('lines', 12, 1, 50),
    size: number('size', 22, 10, 96),
    mood: params.get('mood') === '1',
    theme: theme === 'light' || theme === 'plain' ? theme : 'dark',
    fade: number('fade', 0, 0, 600),
  };
}
