/** Puts together what people are shown elsewhere: Grafana, Slack (or its words in the log), and the buttons in Slack. */
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Channel } from './announce/channel.ts';
import { makeDeliver } from './announce/deliver.ts';
import { makeGrafanaChannel } from './announce/grafana.ts';
import { makeNotificationMetrics } from './announce/notifications-metrics.ts';
import { makePlainChannel } from './announce/plain.ts';
import { makeSlackChannel } from './announce/slack.ts';
import { makeGrafana } from './clients/grafana.ts';
import { makeSlack } from './clients/slack.ts';
import type { Config } from './config.ts';
import type { SlackOptions } from './http/slack.ts';
import type { Approvals } from './incident/approvals.ts';
import type { Archive } from './incident/archive.ts';
import type { Database } from './incident/database.ts';
import { WAKE_CHANNEL } from './incident/ingest.ts';
import { makeFindTold, makeOnce, makeOutbox } from './incident/outbox.ts';

interface Parts {
  database: Database;
  archive: Archive;
  approvals: Approvals;
  registry: Registry;
  log: Logger;
  clock: () => Date;
}
export interface Notices {
  /** For the server. */
  slack: SlackOptions;
  /** Waits for the call that is under way; what is left is delivered after the next start. */
  stop(): Promise<void>;
}

/** Delivers from now on, beside everything else. @param ended ends the waiting for wake-up calls. */
export function startNotices(config: Config, parts: Parts, ended: AbortSignal): Notices {
  const { database, archive, approvals, registry, log, clock } = parts;
  const onError = (words: string) => log.error(words);
  const outbox = makeOutbox(database);
  const channels = channelsOf(config, parts);
  const deliver = makeDeliver({
    outbox,
    channels,
    find: makeFindTold({ archive, approvals }),
    count: makeNotificationMetrics({
      registry,
      channels: channels.map(({ name }) => name),
      waiting: outbox.waiting,
      onError,
    }),
    onError,
    onInfo: (words) => log.info(words),
  });
  database.listen(WAKE_CHANNEL, deliver.wake, ended);
  deliver.start();
  return {
    stop: deliver.stop,
    slack: {
      signingSecret: config.SLACK_SIGNING_SECRET,
      approvers: config.SLACK_APPROVERS,
      apiOrigin: new URL(config.SLACK_API_URL).origin,
      approvals,
      once: makeOnce(database),
      clock,
      onError,
    },
  };
}

function channelsOf(config: Config, { log, clock }: Parts): Channel[] {
  const publicUrl = config.AEGIS_PUBLIC_URL ?? null;
  const { GRAFANA_URL, SLACK_BOT_TOKEN, SLACK_API_URL } = config;
  const grafana = GRAFANA_URL
    ? makeGrafanaChannel({
        grafana: makeGrafana({
          url: GRAFANA_URL,
          token: config.GRAFANA_TOKEN,
          user: config.GRAFANA_USER,
          password: config.GRAFANA_PASSWORD,
        }),
        url: GRAFANA_URL,
        publicUrl,
        clock,
      })
    : null;
  const team = SLACK_BOT_TOKEN
    ? makeSlackChannel({
        slack: makeSlack({ token: SLACK_BOT_TOKEN, url: SLACK_API_URL }),
        url: SLACK_API_URL,
        channel: config.SLACK_CHANNEL ?? null,
        channels: config.SLACK_CHANNELS,
        offers: { publicUrl, buttons: buttonsReachUs(config) },
        clock,
      })
    : makePlainChannel({ log, clock, publicUrl });
  return grafana ? [grafana, team] : [team];
}

/** Otherwise links lead to the page, where there are the same three answers. */
function buttonsReachUs({ AEGIS_PUBLIC_URL, SLACK_SIGNING_SECRET, SLACK_APPROVERS }: Config): boolean {
  return Boolean(AEGIS_PUBLIC_URL && SLACK_SIGNING_SECRET && SLACK_APPROVERS.length > 0);
}
