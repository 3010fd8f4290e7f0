/** Who may: bearer tokens, one for each door. A door without a token is open (config allows that on loopback only). */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { AegisError } from '../errors.ts';

/** Lets pass whoever shows one of the tokens; everybody, when none is set. */
export function requireToken(...tokens: (string | undefined)[]): RequestHandler {
  const check = makeTokenCheck(...tokens);
  return (request, response, next) => {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const refused = check(given, 'no bearer token was sent');
    if (!refused) return next();
    response.setHeader('WWW-Authenticate', 'Bearer');
    next(refused);
  };
}

/** @returns a check that gives AEGIS_UNAUTHORIZED, or null for whoever may pass; `missing` is said where nothing was given. */
export function makeTokenCheck(...tokens: (string | undefined)[]) {
  const accepted = tokens.filter((token) => token !== undefined).map(digest);
  return (given: string | undefined, missing: string): AegisError | null => {
    if (accepted.length === 0 || (given && accepted.some((token) => timingSafeEqual(token, digest(given)))))
      return null;
    return new AegisError('AEGIS_UNAUTHORIZED', given ? 'the token is not the right one' : missing);
  };
}

/** Digests have one length, so that comparing tells nothing, not even how long the token is. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
