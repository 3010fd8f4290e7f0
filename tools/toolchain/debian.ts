/** Source: Debian's packages, unpacked and not installed. */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Apt } from './apt.ts';
import type { Platform } from './platform.ts';
import type { Say } from './progress.ts';
import type { Source } from './source.ts';

/** Of a cached product: the templates that its program reads from a fixed path. */
export const TEMPLATES = 'templates';

/** Where Debian's Alertmanager looks for its templates; the path is compiled in, and without them it does not start. */
export const TEMPLATES_HOME = '/usr/share/prometheus/alertmanager';

export function makeDebianSource({ apt, platform }: { apt: Apt; platform: Platform }): Source {
  return {
    name: 'Debian package',
    serves: (product) => product.debian !== undefined,
    fetch: async (product, into, say) => {
      if (platform.os !== 'linux') throw new Error(`Debian's packages do not run on ${platform.os}`);
      const { packages = [], files = {}, templates } = product.debian ?? {};
      const root = mkdtempSync(`${into}.debian-`);
      await apt.unpack(packages, root, say);
      for (const program of product.programs) {
        const file = files[program];
        if (file === undefined || !existsSync(join(root, file)))
          throw new Error(`the package holds no ${program}`);
        copyFileSync(join(root, file), join(into, program));
        chmodSync(join(into, program), 0o755);
      }
      if (templates !== undefined) copyTemplates(join(root, templates), join(into, TEMPLATES));
      provideTemplates(into, say);
    },
  };
}

function copyTemplates(from: string, into: string): void {
  mkdirSync(into);
  for (const name of readdirSync(from).filter((file) => file.endsWith('.tmpl')))
    cpSync(join(from, name), join(into, name));
}

/**
 * Puts the templates of an unpacked product where its program reads them; nothing to do for other products.
 * Asked again at every start: a cache may outlive the machine's /usr.
 * @throws Error when a template is missing and cannot be written
 */
export function provideTemplates(folder: string, say: Say, home: string = TEMPLATES_HOME): void {
  const templates = join(folder, TEMPLATES);
  if (!existsSync(templates)) return;
  for (const name of readdirSync(templates)) {
    const target = join(home, name);
    if (existsSync(target)) continue;
    try {
      mkdirSync(home, { recursive: true });
      copyFileSync(join(templates, name), target);
    } catch (error) {
      const why = (error as Error).message;
      throw new Error(
        `Debian's build reads ${target}, which cannot be written (${why}); run this once as root`,
      );
    }
    say(`${target} written: Debian's Alertmanager reads its templates there and nowhere else`);
  }
}
