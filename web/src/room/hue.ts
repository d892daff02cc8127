/** How many name colours the style sheet has. */
const HUES = 12;

/** A colour class that stays the same for a person. */
export function hue(id: string): string {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) | 0;
  return `hue-${Math.abs(hash) % HUES}`;
}
