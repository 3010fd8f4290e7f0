/** Responder: who watches the watcher. Its own golden signals, its stages, its queue, and whom it speaks with. */
import { board, type Row } from './board.ts';
import { graph, stat } from './panels.ts';
import { now, range } from './queries.ts';
import { others, SILENT, work } from './work.ts';

const REQUESTS = 'aegis_http_request_duration_seconds';

const alive: Row = {
  title: 'Is it awake',
  panels: [
    stat({
      title: 'Replicas that answer',
      description: 'Responders that answered the last scrape. 0: nothing is repaired, a person is on call.',
      size: [6, 4],
      unit: 'none',
      steps: ['red', [1, 'green']],
      empty: SILENT,
      queries: [now('sum(up{job="responder"})', 'up')],
    }),
    stat({
      title: 'Last heard of the alerting path',
      description:
        'Since the Watchdog came, which fires for ever and is sent every 30 s. ResponderSilent calls a person after two minutes.',
      size: [6, 4],
      unit: 's',
      decimals: 0,
      steps: ['green', [60, 'orange'], [120, 'red']],
      empty: SILENT,
      queries: [now('time() - max(aegis_watchdog_received_timestamp_seconds)', 'ago')],
    }),
    stat({
      title: 'Longest wait for a worker',
      description:
        'How long the incident that is due longest has waited. More than a second or two: all workers are busy (AEGIS_WORKERS), or none runs.',
      size: [6, 4],
      unit: 's',
      decimals: 1,
      steps: ['green', [2, 'orange'], [15, 'red']],
      empty: SILENT,
      queries: [now('max(aegis_queue_late_seconds)', 'wait')],
    }),
    stat({
      title: 'Leases that ran out',
      description:
        'Incidents whose worker is gone and that nobody has taken over yet. It passes within a second where another lives.',
      size: [6, 4],
      unit: 'none',
      steps: ['green', [1, 'red']],
      empty: SILENT,
      queries: [now('max(aegis_queue_incidents{standing="lease ran out"})', 'leases')],
    }),
  ],
};

const signals: Row = {
  title: 'Its own golden signals',
  panels: [
    graph({
      title: 'Requests',
      description: 'Answers a second, by route: webhooks, logs from the Collector, pages, scrapes.',
      size: [8, 8],
      unit: 'reqps',
      min: 0,
      empty: SILENT,
      queries: [range(`sum by (route) (rate(${REQUESTS}_count[$__rate_interval]))`, '{{route}}')],
    }),
    graph({
      title: 'Refused and failed',
      description:
        'Share of the answers that were 5xx (503: no database, or overload; Alertmanager sends again) or 4xx.',
      size: [8, 8],
      unit: 'percentunit',
      min: 0,
      empty: SILENT,
      queries: ['5', '4'].map((kind) =>
        range(
          `
          (sum(rate(${REQUESTS}_count{status=~"${kind}.."}[$__rate_interval])) or vector(0))
          / sum(rate(${REQUESTS}_count[$__rate_interval]))`,
          `${kind}xx`,
        ),
      ),
    }),
    graph({
      title: 'Latency',
      description:
        '95 % of the answers take no longer than this, by route; without those that the asker did not wait for (a page that is kept up to date ends so). The webhook answers once its alerts are stored.',
      size: [8, 8],
      unit: 's',
      min: 0,
      empty: SILENT,
      queries: [
        range(
          `histogram_quantile(0.95, sum by (route, le) (rate(${REQUESTS}_bucket{status!="aborted"}[$__rate_interval])))`,
          '{{route}}',
        ),
      ],
    }),
    graph({
      title: 'CPU',
      description:
        'CPU seconds a second, by replica: 1 is a whole CPU, and as much as one process can use of most work.',
      size: [8, 7],
      unit: 'short',
      min: 0,
      steps: ['green', [0.8, 'red']],
      empty: SILENT,
      queries: [
        range('sum by (instance) (rate(aegis_process_cpu_seconds_total[$__rate_interval]))', '{{instance}}'),
      ],
    }),
    graph({
      title: 'Memory',
      description: 'Resident memory, by replica. Compose gives it 512 MB.',
      size: [8, 7],
      unit: 'bytes',
      min: 0,
      empty: SILENT,
      queries: [range('max by (instance) (aegis_process_resident_memory_bytes)', '{{instance}}')],
    }),
    graph({
      title: 'Event loop',
      description: '99 % of the delays of its event loop are no longer than this, by replica.',
      size: [8, 7],
      unit: 's',
      min: 0,
      steps: ['green', [0.1, 'orange'], [1, 'red']],
      empty: SILENT,
      queries: [range('max by (instance) (aegis_nodejs_eventloop_lag_p99_seconds)', '{{instance}}')],
    }),
  ],
};

export const responder = board({
  uid: 'aegisops-responder',
  title: 'Responder',
  description: 'Who watches the watcher: whether the responder is awake, how it works, whom it speaks with.',
  since: 'now-1h',
  refresh: '10s',
  rows: [alive, signals, work, others],
});
