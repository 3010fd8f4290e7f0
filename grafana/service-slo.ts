/** Service SLO: is the promise kept, how fast is it used up, and what the service looks like from outside. */
import { board, type Row } from './board.ts';
import { graph, named, stat, table, timeline } from './panels.ts';
import { field, now, range, rows, SHOWN, sql, sqlSeries } from './queries.ts';

/** 99.9 % of the responses are good, as in prometheus/rules/targets.yml. */
const MAY_FAIL = 0.001;
const FAST = 14.4;
const SLOW = 6;
const OF = 'service=~"$target"';

const requests = (which = '') =>
  `sum by (service, path) (increase(http_server_request_duration_seconds_count{${OF}${which}}[$__range]))`;
const FAILED = `(${requests(', http_response_status_code=~"5.."')} or ${requests()} * 0)`;
/** Each path by itself, then the worse one, as the rules do it. */
const SHARE_FAILED = `max by (service) (${FAILED} / (${requests()} > 0))`;
const NO_TRAFFIC = 'No request within this time';
const NO_SERVICE = 'No service tells this: none is chosen above, or it does not measure it';

const promise: Row = {
  title: 'The promise: 99.9 % of the responses are good',
  panels: [
    stat({
      title: 'Good responses',
      description:
        'SLI: share of the responses within the time shown that were no 5xx. The objective is 99.9 %.',
      size: [6, 5],
      unit: 'percentunit',
      decimals: 3,
      steps: ['red', [0.99, 'orange'], [0.999, 'green']],
      empty: NO_TRAFFIC,
      queries: [now(`1 - ${SHARE_FAILED}`, '{{service}}')],
    }),
    stat({
      title: 'Error budget left',
      description:
        'Of the 0.1 % that may fail within the time shown, what is left. Below 0 the promise is broken. Choose 30 days above for the month, if Prometheus keeps as much.',
      size: [6, 5],
      unit: 'percentunit',
      decimals: 1,
      steps: ['red', [0, 'orange'], [0.5, 'green']],
      empty: NO_TRAFFIC,
      queries: [now(`1 - ${SHARE_FAILED} / ${MAY_FAIL}`, '{{service}}')],
    }),
    table({
      title: 'Alerts that fire',
      description:
        'What Prometheus says now. A click opens the page of the alert: what it means, what to check.',
      size: [12, 5],
      empty: 'Nothing fires',
      queries: [rows(`max by (alertname, service, instance, severity) (ALERTS{alertstate="firing", ${OF}})`)],
      columns: {
        Time: { hidden: true },
        Value: { hidden: true },
        alertname: {
          name: 'Alert',
          link: { title: 'What it means', url: `$public_url/runbooks/${field('alertname')}` },
        },
        service: { name: 'Service' },
        instance: { name: 'Instance' },
        severity: {
          name: 'Severity',
          names: named({ critical: ['critical', 'red'], warning: ['warning', 'orange'] }),
        },
      },
    }),
    graph({
      title: 'Burn rate, fast',
      description:
        'How many times faster than allowed the budget is used up. TargetErrorBudgetBurnFast fires where both windows are above 14.4: at that pace a month is gone in two days.',
      size: [12, 8],
      unit: 'short',
      min: 0,
      steps: ['green', [FAST, 'red']],
      empty: NO_TRAFFIC,
      queries: [
        range(`service:error_ratio:rate1h{${OF}} / ${MAY_FAIL}`, '{{service}} 1 h'),
        range(`service:error_ratio:rate5m{${OF}} / ${MAY_FAIL}`, '{{service}} 5 min'),
      ],
    }),
    graph({
      title: 'Burn rate, slow',
      description:
        'The same over longer windows. TargetErrorBudgetBurnSlow fires where both are above 6: at that pace a month is gone in five days.',
      size: [12, 8],
      unit: 'short',
      min: 0,
      steps: ['green', [SLOW, 'orange']],
      empty: NO_TRAFFIC,
      queries: [
        range(`service:error_ratio:rate6h{${OF}} / ${MAY_FAIL}`, '{{service}} 6 h'),
        range(`service:error_ratio:rate30m{${OF}} / ${MAY_FAIL}`, '{{service}} 30 min'),
      ],
    }),
  ],
};

const golden: Row = {
  title: 'Golden signals',
  panels: [
    graph({
      title: 'Traffic',
      description: 'Requests a second, by instance.',
      size: [8, 8],
      unit: 'reqps',
      min: 0,
      empty: NO_SERVICE,
      queries: [range(`service:request_rate:max{${OF}}`, '{{instance}}')],
    }),
    graph({
      title: 'Errors',
      description: 'Share of the requests that ended in a 5xx, by instance; no line without traffic.',
      size: [8, 8],
      unit: 'percentunit',
      min: 0,
      steps: ['green', [MAY_FAIL * FAST, 'red']],
      empty: NO_TRAFFIC,
      queries: [range(`service:error_ratio:max{${OF}}`, '{{instance}}')],
    }),
    graph({
      title: 'Latency',
      description: '95 % of the requests are answered within this time, by instance.',
      size: [8, 8],
      unit: 's',
      min: 0,
      empty: NO_TRAFFIC,
      queries: [range(`service:request_duration_seconds:p95{${OF}}`, '{{instance}}')],
    }),
    graph({
      title: 'Memory against its limit',
      description:
        'Memory in use against the limit of the instance; at 100 % it is killed. TargetMemorySaturated fires above 85 %.',
      size: [8, 8],
      unit: 'percentunit',
      min: 0,
      steps: ['green', [0.85, 'red']],
      empty: NO_SERVICE,
      queries: [range(`service:memory_utilization:max{${OF}}`, '{{instance}}')],
    }),
    graph({
      title: 'CPU',
      description: 'Share of all CPUs of the machine that the instance uses.',
      size: [8, 8],
      unit: 'percentunit',
      min: 0,
      empty: NO_SERVICE,
      queries: [range(`service:cpu_utilization:max{${OF}}`, '{{instance}}')],
    }),
    graph({
      title: 'Saturation',
      description:
        'How full what a request needs is: the event loop (TargetEventLoopSaturated fires above 90 %), the slots for requests (beyond 100 % they queue), the fullest pool of database connections.',
      size: [8, 8],
      unit: 'percentunit',
      min: 0,
      steps: ['green', [0.9, 'red']],
      empty: NO_SERVICE,
      queries: [
        range(`service:eventloop_utilization:max{${OF}}`, '{{instance}} event loop'),
        range(`service:concurrency_utilization:max{${OF}}`, '{{instance}} slots'),
        range(`service:db_pool_utilization:max{${OF}}`, '{{instance}} connections'),
      ],
    }),
    graph({
      title: 'Database',
      description:
        '95 % of the statements take no longer than this, as the service sees it. TargetDatabaseSlow fires above 0.5 s.',
      size: [12, 8],
      unit: 's',
      min: 0,
      steps: ['green', [0.5, 'red']],
      empty: 'No statement within this time, or the service does not measure them',
      queries: [range(`service:db_operation_duration_seconds:p95{${OF}}`, '{{instance}}')],
    }),
    graph({
      title: 'Waiting for a database connection',
      description:
        'Requests that wait for a connection of a pool, by instance. More than 0 for long: the pool is used up.',
      size: [12, 8],
      unit: 'short',
      min: 0,
      empty: NO_SERVICE,
      queries: [range(`service:db_pool_pending:max{${OF}}`, '{{instance}}')],
    }),
  ],
};

const instances: Row = {
  title: 'Instances',
  panels: [
    timeline({
      title: 'Up',
      description: 'Whether each instance answered its scrape. TargetDown fires where one does not.',
      size: [12, 7],
      unit: 'none',
      names: named({ 0: ['down', 'red'], 1: ['up', 'green'] }),
      empty: NO_SERVICE,
      queries: [range(`service:up:max{${OF}}`, '{{instance}}')],
    }),
    table({
      title: 'Versions',
      description:
        'What runs now, by what each instance says of itself. Two versions: a release is under way, or half done.',
      size: [12, 7],
      empty: 'No instance tells its version (service.version)',
      queries: [rows(`group by (service, instance, service_version) (target_info{${OF}})`)],
      columns: {
        Time: { hidden: true },
        Value: { hidden: true },
        service: { name: 'Service' },
        instance: { name: 'Instance' },
        service_version: { name: 'Version' },
      },
    }),
    graph({
      title: 'Instances, and how many there should be',
      description:
        'Those that answer, beside those that the inventory lists. AegisOps adds some for load, and takes them away again.',
      size: [12, 7],
      unit: 'short',
      min: 0,
      empty: NO_SERVICE,
      queries: [
        range(`sum by (service) (service:up:max{${OF}})`, '{{service}} answer'),
        range(`max by (target) (aegis_target_instances_expected{target=~"$target"})`, '{{target}} expected'),
      ],
    }),
    graph({
      title: 'Ends that nobody asked for',
      description:
        'How often an instance ended by itself: oom (killed by the kernel for its memory limit) or error, since ever.',
      size: [12, 7],
      unit: 'short',
      min: 0,
      empty:
        'Only a container engine tells how instances end; processes on this machine are seen by TargetDown',
      queries: [
        range(
          `max by (exported_instance, reason) (aegis_target_exits_total{target=~"$target"})`,
          '{{exported_instance}} {{reason}}',
        ),
      ],
    }),
  ],
};

const logs: Row = {
  title: 'Logs, as far back as the window reaches (15 minutes)',
  panels: [
    graph({
      title: 'Log lines',
      description: 'Lines of each severity in ten seconds, of those that the responder keeps as evidence.',
      size: [24, 6],
      unit: 'short',
      min: 0,
      empty:
        'No line came within the last 15 minutes: the service writes none, or does not send them to the Collector',
      queries: [
        sqlSeries(`
          select date_bin('10 seconds', time, '2020-01-01') as time, target || ' ' || severity as metric, count(*) as value
          from grafana.log_line where ${SHOWN} group by 1, 2 order by 1`),
      ],
    }),
    table({
      title: 'Last lines',
      description: 'The newest first, secrets taken out. The same lines are given to whoever diagnoses.',
      size: [24, 10],
      empty:
        'No line came within the last 15 minutes: the service writes none, or does not send them to the Collector',
      queries: [
        sql(
          `select time, target, severity, message from grafana.log_line where ${SHOWN} order by time desc limit 200`,
        ),
      ],
      columns: {
        time: { name: 'When', width: 165 },
        target: { name: 'Service', width: 110 },
        severity: {
          name: 'Severity',
          width: 85,
          names: named({ error: ['error', 'red'], fatal: ['fatal', 'red'], warn: ['warn', 'orange'] }),
        },
        message: { name: 'Message', wrapped: true },
      },
    }),
  ],
};

export const serviceSlo = board({
  uid: 'aegisops-slo',
  title: 'Service SLO',
  description: 'Is the promise kept, how fast is it used up, and what the service looks like.',
  since: 'now-1h',
  refresh: '10s',
  rows: [promise, golden, instances, logs],
});
