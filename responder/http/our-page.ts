/** Forms are taken from our own pages only. */
import type { RequestHandler } from 'express';
import { AegisError } from '../errors.ts';

/**
 * A foreign page can send a form from somebody's browser, but it cannot forge what the browser says of where it comes from.
 * Browsers leave out Sec-Fetch-Site where the address is neither HTTPS nor this machine; they always send Origin.
 */
export const fromOurPage: RequestHandler = (request, _response, next) => {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const ours = site === undefined ? originHost(origin) === host : site === 'same-origin';
  if (ours) return next();
  const from = origin ?? (site === undefined ? 'an unknown place' : `a ${site} one`);
  next(new AegisError('AEGIS_FORBIDDEN', `the form was sent from another page than ours: ${from}`));
};

/** Never equal to a host where it is none: a browser says `null` for a page whose origin it will not tell. */
function originHost(origin: string | undefined): string | null {
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).host : null;
}
