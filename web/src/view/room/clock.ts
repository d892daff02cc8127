// Times as they are where the viewer is.

const short = new Map<string, Intl.DateTimeFormat>();
const full = new Map<string, Intl.DateTimeFormat>();

/** `18:05`; '' for what is no time. */
export function clock(at: string, tag: string): string {
  return format(short, at, tag, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** With the date and seconds. */
export function fullTime(at: string, tag: string): string {
  return format(full, at, tag, { dateStyle: 'long', timeStyle: 'medium' });
}

/** Making a format costs far more than using it. */
function format(made: Map<string, Intl.DateTimeFormat>, at: string, tag: string, options: Intl.DateTimeFormatOptions): string {
  let format = made.get(tag);
  if (!format) made.set(tag, (format = new Intl.DateTimeFormat(tag, options)));
  const time = Date.parse(at);
  return Number.isNaN(time) ? '' : format.format(time);
}
