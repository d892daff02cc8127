import type { Position } from '../wire.ts';

/** Orders two positions: negative when a lies before b. An empty one lies before all. */
export function comparePositions(a: Position, b: Position): number {
  const [aEpoch, aNumber] = parse(a);
  const [bEpoch, bNumber] = parse(b);
  return aEpoch - bEpoch || aNumber - bNumber;
}

function parse(position: Position): [epoch: number, number: number] {
  const [epoch, number] = position.split('.');
  return [Number(epoch) || 0, number ? Number(number) || 0 : -1];
}
