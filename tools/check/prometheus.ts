/** Prometheus' configuration and rules, by its own promtool. */
import { globSync } from 'node:fs';
import { commandProblems } from './check.ts';

/** @param root the folder that holds prometheus/; a scrape list that exists only in Compose is no problem */
export function prometheusConfigProblems(promtool: string, root: string): Promise<string[]> {
  return commandProblems(promtool, ['check', 'config', 'prometheus/prometheus.yml'], { cwd: root });
}

/** Syntax, and what promtool thinks is a mistake (two rules alike, names that break the conventions). */
export async function ruleProblems(promtool: string, root: string): Promise<string[]> {
  const files = globSync('prometheus/rules/*.yml', { cwd: root });
  if (files.length === 0) return ['there is no prometheus/rules/*.yml'];
  return commandProblems(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', ...files], { cwd: root });
}

/** The rules' own tests: which alerts fire, and when, on made-up series. Those of the demo's variant run in rules.test.ts. */
export async function ruleTestProblems(promtool: string, root: string): Promise<string[]> {
  const files = globSync('prometheus/rules*.test.yml', { cwd: root });
  if (files.length === 0) return ['there is no prometheus/rules*.test.yml'];
  return commandProblems(promtool, ['test', 'rules', ...files], { cwd: root });
}
