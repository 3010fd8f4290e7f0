/**
 * Who has logged in: a signed cookie says so. Nothing is stored, so it counts on every replica that has the same tokens, and
 * whoever changes a token logs everybody out.
 */
import { createHmac, scryptSync, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler, Response } from 'express';
import { makeTokenCheck, requireToken } from './auth.ts';

/** Which token somebody logged in with: the read token, or the API token, which lets them read as well. */
export type Role = 'read' | 'api';

export const LOGIN_COOKIE = 'aegis_login';
const LOGIN_SECONDS = 12 * 60 * 60;
/** Its signature stands last, 32 bytes in base64url. */
const FORM = /^((read|api)\.(\d{1,12}))\.([\w-]{43})$/;

export interface LoginsOptions {
  /** Who may read; empty: everybody, without a token. */
  readTokens: (string | undefined)[];
  /** Who may decide. */
  apiToken: string | undefined;
  clock: () => Date;
}
export interface Logins {
  /** Whether there is a token to log in with at all. */
  possible: boolean;
  /** What a token lets its owner do, compared in constant time; null: nothing. */
  roleOf(token: string): Role | null;
  /** Whom the request's cookie shows; null: nobody, or a cookie that is forged, too old or of other tokens. */
  who(request: Pick<Request, 'headers'>): Role | null;
  logIn(request: Request, response: Response, role: Role): void;
  /** This browser forgets the cookie. A copy of it would count until it is too old: only other tokens end that. */
  logOut(request: Request, response: Response): void;
}

export function makeLogins({ readTokens, apiToken, clock }: LoginsOptions): Logins {
  const opensReading = opener(...readTokens);
  const opensDeciding = opener(apiToken);
  const possible = [...readTokens, apiToken].some((token) => token !== undefined);
  const sign = makeSign(JSON.stringify([readTokens, apiToken]));
  const nowSeconds = () => Math.floor(clock().getTime() / 1000);

  const read = (cookie: string): Role | null => {
    const [, said, role, expires, signature] = FORM.exec(cookie) ?? [];
    if (!said || !signature) return null;
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(sign(said)))) return null;
    return Number(expires) > nowSeconds() ? (role as Role) : null;
  };
  return {
    possible,
    roleOf(token) {
      if (opensDeciding(token)) return 'api';
      return opensReading(token) ? 'read' : null;
    },
    who({ headers }) {
      if (!possible) return null;
      for (const cookie of cookiesOf(headers.cookie)) {
        const role = read(cookie);
        if (role) return role;
      }
      return null;
    },
    logIn(request, response, role) {
      const said = `${role}.${nowSeconds() + LOGIN_SECONDS}`;
      setCookie(request, response, `${said}.${sign(said)}`, LOGIN_SECONDS);
    },
    logOut: (request, response) => setCookie(request, response, '', 0),
  };
}

/** The door to what may be read: a login opens it, or one of the tokens; everybody may, where none is set. */
export function makeReadDoor(logins: Pick<Logins, 'who'>, tokens: (string | undefined)[]): RequestHandler {
  const byToken = requireToken(...tokens);
  return (request, response, next) => {
    if (!logins.who(request)) return byToken(request, response, next);
    // So that "back" in the browser shows nothing any more to whoever comes after a log-out.
    response.setHeader('Cache-Control', 'no-store');
    next();
  };
}

/** Whether one of the tokens was given. Where none is set nothing is opened, unlike a door. */
function opener(...tokens: (string | undefined)[]): (given: string) => boolean {
  const some = tokens.some((token) => token !== undefined);
  const check = makeTokenCheck(...tokens);
  return (given) => some && check(given, 'no token') === null;
}

/**
 * The key is slow to derive, once at the start: whoever has a cookie and the read token could else try out at home which API
 * token its signature comes from.
 */
function makeSign(tokens: string): (said: string) => string {
  const key = scryptSync(tokens, 'aegisops login cookie 1', 32);
  return (said) => createHmac('sha256', key).update(said).digest('base64url');
}

/** All of our name: another service under the same host name may have set one that hides ours. */
function cookiesOf(header = ''): string[] {
  return header
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one.startsWith(`${LOGIN_COOKIE}=`))
    .map((one) => one.slice(LOGIN_COOKIE.length + 1));
}

/**
 * Lax, not Strict: with Strict a link from Slack or Grafana would show the page to log in to somebody who has. Lax sends the
 * cookie along with such a link, which only reads, and never with a form of another site (`fromOurPage` refuses these as well).
 *
 * Secure where our page came by HTTPS, as the browser's own Origin says: every form is sent with one, and it is true behind any
 * proxy. Whoever lies in it changes nothing but their own cookie.
 */
function setCookie({ headers }: Request, response: Response, value: string, seconds: number): void {
  const secure = headers.origin?.startsWith('https://') ? '; Secure' : '';
  response.setHeader(
    'Set-Cookie',
    `${LOGIN_COOKIE}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`,
  );
}
