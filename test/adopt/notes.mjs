// A small service that knows nothing of AegisOps, as docs/adopt.md assumes one: notes over HTTP, with metrics as plain
// text under names of its own. It never lets go of what was posted: a real leak.
import { createServer } from 'node:http';

const { PORT, NAME } = process.env;
const notes = [];
const requests = { 200: 0, 404: 0 };
const startedAt = Date.now() / 1000;

const PAGES = {
  'GET /healthz': () => 'ok\n',
  'GET /metrics': () =>
    [
      '# TYPE process_resident_memory_bytes gauge',
      `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      '# TYPE process_start_time_seconds gauge',
      `process_start_time_seconds ${startedAt}`,
      '# TYPE notes_requests_total counter',
      ...Object.entries(requests).map(([code, count]) => `notes_requests_total{code="${code}"} ${count}`),
      '',
    ].join('\n'),
  'POST /notes': () => `${notes.length} pieces of notes\n`,
};

createServer(async (request, response) => {
  for await (const chunk of request) notes.push(chunk);
  const page = PAGES[`${request.method} ${request.url}`];
  const code = page ? 200 : 404;
  requests[code] += 1;
  response.writeHead(code, { 'content-type': 'text/plain' }).end(page?.() ?? 'no such page\n');
}).listen(Number(PORT), '127.0.0.1', () => console.log(`${NAME} listens on ${PORT}`));

process.once('SIGTERM', () => process.exit(0));
