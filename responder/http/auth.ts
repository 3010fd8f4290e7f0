/** Who may: bearer tokens, one for each door. A door without a token is open (config allows that on loopback only). */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { AegisError } from '../errors.ts';

/** Lets pass whoever shows one of the tokens; everybody, when none is set. */
export function requireToken(...tokens: (string | undefined)[]): RequestHandler {
  const accepted = tokens.filter((token) => token !== undefined).map(digest);
  return (request, response, next) => {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (accepted.length === 0 || (given && accepted.some((token) => timingSafeEqual(token, digest(given)))))
      return next();
    response.setHeader('WWW-Authenticate', 'Bearer');
    next(
      new AegisError(
        'AEGIS_UNAUTHORIZED',
        given ? 'the token is not the right one' : 'no bearer token was sent',
      ),
    );
  };
}

/** Digests have one length, so that comparing tells nothing, not even how long the token is. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
