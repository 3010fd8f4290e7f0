/** Slack signs what it sends: version, time and the raw body, by a secret that only it and we know. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { AegisError } from '../errors.ts';

/** Older, or further ahead, than this is none of Slack's. */
export const SIGNATURE_SECONDS = 300;

/** @param body as it came, byte by byte. Throws AEGIS_SIGNATURE with the reason. @returns the signature, for `Once`. */
export function checkSignature(
  secret: string,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
  now: Date,
): string {
  const given = String(headers['x-slack-signature'] ?? '');
  const at = String(headers['x-slack-request-timestamp'] ?? '');
  if (!/^\d{1,12}$/.test(at) || !/^v0=[0-9a-f]{64}$/.test(given))
    throw refused('X-Slack-Signature or X-Slack-Request-Timestamp is missing, or is none');
  const expected = `v0=${createHmac('sha256', secret).update(`v0:${at}:`).update(body).digest('hex')}`;
  // Before the time, so that whoever cannot sign learns nothing of our clock.
  if (!timingSafeEqual(Buffer.from(given), Buffer.from(expected))) throw refused('the signature is wrong');
  if (Math.abs(now.getTime() / 1000 - Number(at)) > SIGNATURE_SECONDS)
    throw refused('it was signed more than five minutes ago, or our clocks differ');
  return given;
}

export function refused(why: string): AegisError {
  return new AegisError('AEGIS_SIGNATURE', why);
}
