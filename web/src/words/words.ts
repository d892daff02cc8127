import type { en } from './en.ts';

/** The texts of the page in one language; a missing one is a type error. */
export type Words = typeof en;
