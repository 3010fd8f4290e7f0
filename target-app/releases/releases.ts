/** All releases that this code can be started as; SERVICE_VERSION chooses. */
import { release as v1_0_0 } from './1.0.0.ts';
import { release as v1_1_0 } from './1.1.0.ts';
import type { Release } from './release.ts';

/** Adding a release: write `releases/VERSION.ts`, list it here. */
export const RELEASES = { '1.0.0': v1_0_0, '1.1.0': v1_1_0 } satisfies Record<string, Release>;

export type Version = keyof typeof RELEASES;

export const VERSIONS = Object.keys(RELEASES) as Version[];
