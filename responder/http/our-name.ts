/** Where a door stands open for lack of a token, only pages that were opened by a name of ours may come in. */
import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { AegisError } from '../errors.ts';

/**
 * A foreign page can have its own name lead to this machine (DNS rebinding); to the browser we are then one and the same, and
 * only the name it asked for gives it away. Nobody outside can own an address, a name of one word, or one under these two.
 */
const NEVER_FOREIGN = /^[^.]+$|\.(localhost|internal)$/;

/** @param publicUrl address by which people reach us, where one is set: its name is ours, too. */
export function byOurName(publicUrl: string | undefined): RequestHandler {
  const ours = publicUrl === undefined ? null : new URL(publicUrl).hostname;
  return ({ headers: { host } }, _response, next) => {
    const name = nameIn(host);
    if (name === null || isIP(name) !== 0 || NEVER_FOREIGN.test(name) || name === ours) return next();
    next(new AegisError('AEGIS_OTHER_NAME', `this responder was asked as ${name}, and a door has no token`));
  };
}

/** Null where there is none: a browser always tells it. An address in brackets loses them. */
function nameIn(host: string | undefined): string | null {
  const url = `http://${host}`;
  if (host === undefined || !URL.canParse(url)) return host ?? null;
  return new URL(url).hostname.replace(/^\[|\]$/g, '');
}
