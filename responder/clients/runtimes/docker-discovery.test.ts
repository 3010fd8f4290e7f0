import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ContainerParts, containerOf } from './docker.test-helper.ts';
import { groupsOf } from './docker-discovery.ts';

const OWN = 'f'.repeat(64);
const labels = (more: Record<string, string> = {}) => ({
  Config: { Labels: { 'aegis.health': 'http://shop:8000/health', 'aegis.metrics-port': '9464', ...more } },
});
function groups(containers: ContainerParts[], ownId: string | null = OWN) {
  const problems: string[] = [];
  const found = groupsOf(containers.map(containerOf), { hosts: [], ownId, filter: null }, (words) =>
    problems.push(words),
  );
  return { found, problems };
}

test('one group an instance, each with its own name in its addresses', () => {
  const { found } = groups([
    { Name: '/shop-10', ...labels() },
    { Name: '/shop-2', ...labels() },
  ]);
  assert.deepEqual(
    found.map(({ targets, labels: l }) => [targets, l.instance, l.service, l['aegis.health']]),
    [
      [['shop-2:9464'], 'shop-2', 'shop', 'http://shop-2:8000/health'],
      [['shop-10:9464'], 'shop-10', 'shop', 'http://shop-10:8000/health'],
    ],
  );
});

test('from the machine itself a container is reached by its address', () => {
  const [group] = groups([labels()], null).found;
  assert.deepEqual(
    [group?.targets, group?.labels['aegis.health']],
    [['172.18.0.5:9464'], 'http://172.18.0.5:8000/health'],
  );
});

test('an address elsewhere stays, and without a port nothing is scraped', () => {
  const [group] = groups([{ Config: { Labels: { 'aegis.health': 'http://gateway/shop' } } }]).found;
  assert.deepEqual([group?.targets, group?.labels['aegis.health']], [[], 'http://gateway/shop']);
});

test('while an instance is replaced it is listed once, even where nothing has its name', () => {
  const beside = ['/shop-1.aegis-kept-s1', '/shop-1.aegis-next-s1'].map((Name) => ({ Name, ...labels() }));
  assert.deepEqual(
    groups(beside).found.map((group) => group.labels.instance),
    ['shop-1'],
  );
  assert.equal(groups([...beside, labels()]).found.length, 1);
});

test('wrong labels of one hide no other, and are told', () => {
  const { found, problems } = groups([{ Name: '/bad', ...labels({ 'aegis.actions': 'REBOOT' }) }, labels()]);
  assert.deepEqual(
    found.map((group) => group.labels.instance),
    ['shop-1'],
  );
  assert.match(problems.join(), /container bad is left out of the inventory: aegis\.actions/);
});

test('what must never be touched is not listed, whatever its labels say', () => {
  const { found, problems } = groups([{ Id: OWN, Name: '/responder-1', ...labels() }]);
  assert.deepEqual(found, []);
  assert.match(problems.join(), /responder-1 .*the responder itself/);
});
