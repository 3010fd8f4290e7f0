/** A process with the fault routes on a free port; prints the port, then log lines. SIGTERM would end it, if it could. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import Koa from 'koa';
import { makePool } from '../database.ts';
import { makeLog } from '../log.ts';
import { makeMemory } from '../memory.ts';
import { addFaultRoutes } from './faults.ts';

const log = makeLog({ service: 'shop', version: '1.0.0', instance: 'shop-1' });
const database = { host: '127.0.0.1', port: 1, database: 'none', user: 'none', password: '' };
const router = new Router();
addFaultRoutes(router, {
  log,
  memory: makeMemory({ limitBytes: 1e12 }),
  pool: makePool({ database, instance: 'shop-1', log }),
});
const app = new Koa();
app.use(router.routes());
const server = createServer(app.callback());
server.listen(0, '127.0.0.1', () => process.stdout.write(`port ${(server.address() as AddressInfo).port}\n`));
process.on('SIGTERM', () => process.exit(0));
