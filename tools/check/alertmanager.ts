/** Alertmanager's configuration and routes, by its own amtool. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandProblems } from './check.ts';

const CONFIG = 'alertmanager/alertmanager.yml';

interface Route {
  labels: Record<string, string>;
  receiver: string;
}

/** @param root the folder that holds alertmanager/ */
export function alertmanagerConfigProblems(amtool: string, root: string): Promise<string[]> {
  return commandProblems(amtool, ['check-config', CONFIG], { cwd: root });
}

/** Whether each alert of routes.test.json goes to the receiver that stands there. */
export async function routeProblems(amtool: string, root: string): Promise<string[]> {
  const file = 'alertmanager/routes.test.json';
  const routes = JSON.parse(readFileSync(join(root, file), 'utf8')) as Route[];
  if (routes.length === 0) return [`${file} lists no route`];
  const found = await Promise.all(routes.map((route) => oneRoute(amtool, root, route)));
  return found.flat();
}

async function oneRoute(amtool: string, root: string, { labels, receiver }: Route): Promise<string[]> {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const test = ['config', 'routes', 'test', `--config.file=${CONFIG}`, `--verify.receivers=${receiver}`];
  const problems = await commandProblems(amtool, [...test, ...words], { cwd: root });
  return problems.map((problem) => `${words.join(' ')} should go to ${receiver}:\n${problem}`);
}
