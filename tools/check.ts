/** `npm run check`: everything that can be known of the project without running it. Exit status 1 if anything is wrong. */
import { join } from 'node:path';
import { alertmanagerConfigProblems, routeProblems } from './check/alertmanager.ts';
import { type Check, commandProblems, runChecks } from './check/check.ts';
import { collectorProblems } from './check/collector.ts';
import { composeProblems } from './check/compose.ts';
import { dashboardProblems, promqlProblems, staleDashboards } from './check/dashboards.ts';
import { dashboardSqlProblems } from './check/dashboards-sql.ts';
import { linkProblems, runbookProblems } from './check/docs.ts';
import { importProblems } from './check/imports.ts';
import { prometheusConfigProblems, ruleProblems, ruleTestProblems } from './check/prometheus.ts';
import { sizeProblems } from './check/size.ts';
import { ROOT } from './stack/context.ts';
import type { Program, Programs } from './toolchain/products.ts';
import { toolchain } from './toolchain/toolchain.ts';

const package_ = (name: string, ...args: string[]) =>
  commandProblems(join(ROOT, 'node_modules/.bin', name), args, { cwd: ROOT });

/** Fetched by the first check of them, so that a machine without a network still gets the others. */
let programs: Partial<Programs> = {};
const fetchPrograms = async () => {
  programs = await toolchain({ say: (line) => process.stderr.write(`set-up: ${line}\n`) });
  return [];
};
const using = (name: Program, check: (program: string, root: string) => Promise<string[]>) => async () => {
  const program = programs[name];
  return program === undefined ? [`not checked: there is no ${name}, see above`] : check(program, ROOT);
};

const CHECKS: Check[] = [
  { name: 'types', problems: () => package_('tsc', '--noEmit') },
  { name: 'lint and format', problems: () => package_('biome', 'check') },
  { name: 'who imports what', problems: () => importProblems(ROOT) },
  { name: 'size of files', problems: async () => sizeProblems(ROOT) },
  { name: 'links in the docs', problems: async () => linkProblems(ROOT) },
  { name: 'a runbook for each alert', problems: async () => runbookProblems(ROOT) },
  { name: 'dashboards', problems: async () => [...staleDashboards(ROOT), ...dashboardProblems(ROOT)] },
  { name: 'SQL of the dashboards', problems: () => dashboardSqlProblems(ROOT) },
  { name: 'programs', problems: fetchPrograms },
  { name: 'prometheus.yml', problems: using('promtool', prometheusConfigProblems) },
  { name: 'Prometheus rules', problems: using('promtool', ruleProblems) },
  { name: 'tests of the rules', problems: using('promtool', ruleTestProblems) },
  { name: 'PromQL of the dashboards', problems: using('promtool', promqlProblems) },
  { name: 'alertmanager.yml', problems: using('amtool', alertmanagerConfigProblems) },
  { name: 'Alertmanager routes', problems: using('amtool', routeProblems) },
  { name: 'Collector', problems: using('otelcol', collectorProblems) },
  { name: 'docker-compose.yml', problems: () => composeProblems(ROOT) },
];

const began = performance.now();
const say = (line: string) => void process.stdout.write(`${line}\n`);
const failed = await runChecks(CHECKS, say);
say(`${CHECKS.length} checks, ${failed} failed, ${((performance.now() - began) / 1000).toFixed(1)} s`);
process.exitCode = failed > 0 ? 1 : 0;
