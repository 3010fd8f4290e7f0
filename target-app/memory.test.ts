import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cgroupV1, cgroupV2, makeMemory, parseCgroupPaths } from './memory.ts';

const MB = 1_000_000;
const MACHINE = 16_000 * MB;

const V2_CONTAINER: Record<string, string> = {
  '/proc/self/cgroup': '0::/\n',
  '/sys/fs/cgroup/memory.max': '400000000\n',
  '/sys/fs/cgroup/memory.current': '300000000\n',
  '/sys/fs/cgroup/memory.stat':
    'anon 100000000\nfile 150000000\nactive_file 50000000\ninactive_file 100000000\n',
};
const V1_NESTED: Record<string, string> = {
  '/proc/self/cgroup': '11:pids:/x\n4:memory:/docker/abc\n1:cpu,cpuacct:/x\n0::/\n',
  '/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes': '500000000\n',
  '/sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes': '450000000\n',
  '/sys/fs/cgroup/memory/docker/abc/memory.stat': 'inactive_file 7\ntotal_inactive_file 50000000\n',
};
const NO_LIMIT_V1: Record<string, string> = {
  '/proc/self/cgroup': '4:memory:/\n0::/\n',
  '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
  '/sys/fs/cgroup/memory/memory.usage_in_bytes': '450000000\n',
  '/sys/fs/cgroup/memory/memory.stat': '',
};

const memoryIn = (files: Record<string, string>, limitBytes?: number) =>
  makeMemory({
    limitBytes,
    readText: (path) => files[path] ?? null,
    rssBytes: () => 120 * MB,
    machineBytes: MACHINE,
  });

test('an explicit limit wins and is compared with the resident set', () => {
  const memory = memoryIn(V2_CONTAINER, 240 * MB);
  assert.equal(memory.source, 'setting');
  assert.deepEqual(memory.read(), { usageBytes: 120 * MB, limitBytes: 240 * MB, utilization: 0.5 });
});

test('cgroup v2: usage without inactive file pages against memory.max', () => {
  const memory = memoryIn(V2_CONTAINER);
  assert.equal(memory.source, 'cgroup');
  assert.deepEqual(memory.read(), { usageBytes: 200 * MB, limitBytes: 400 * MB, utilization: 0.5 });
});

test('cgroup v1: own path, total_inactive_file', () => {
  const memory = memoryIn(V1_NESTED);
  assert.equal(memory.source, 'cgroup');
  assert.deepEqual(memory.read(), { usageBytes: 400 * MB, limitBytes: 500 * MB, utilization: 0.8 });
});

test('v1 without a limit, v2 with "max" and no cgroup at all fall back to the machine', () => {
  const max = { ...V2_CONTAINER, '/sys/fs/cgroup/memory.max': 'max\n' };
  for (const files of [NO_LIMIT_V1, max, {}]) {
    const memory = memoryIn(files);
    assert.equal(memory.source, 'machine');
    assert.deepEqual(memory.read(), { usageBytes: 120 * MB, limitBytes: MACHINE, utilization: 120 / 16_000 });
  }
});

test('files that are not there are no cgroup', () => {
  assert.equal(cgroupV2({ max: null, current: '1', stat: '' }), null);
  assert.equal(cgroupV1({ limit: '5', usage: null, stat: '' }), null);
  assert.deepEqual(cgroupV2({ max: '9', current: '5', stat: null }), { limitBytes: 9, usageBytes: 5 });
});

test('paths of a hybrid system', () => {
  assert.deepEqual(parseCgroupPaths('5:cpu:/a\n4:memory:/b\n0::/c\n'), { v2: '/c', v1Memory: '/b' });
  assert.deepEqual(parseCgroupPaths(''), { v2: '/', v1Memory: '/' });
});
