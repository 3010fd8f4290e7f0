/** Containers and images as the engine tells of them, for tests. */
import type { Container, Image } from './docker-engine.ts';

export const ID = 'a'.repeat(64);
export const IMAGE_ID = `sha256:${'1'.repeat(64)}`;

// biome-ignore lint/suspicious/noExplicitAny: parts of what the engine answers
type Part = Record<string, any>;

export interface ContainerParts {
  Id?: string;
  Name?: string;
  Image?: string;
  Created?: string;
  RestartCount?: number;
  Config?: Part;
  State?: Part;
  HostConfig?: Part;
  Mounts?: Part[];
  Networks?: Part;
}

/** A container of the service `shop` that runs and was opted in. */
export function containerOf({
  Config,
  State,
  HostConfig,
  Networks,
  ...more
}: ContainerParts = {}): Container {
  return {
    Id: ID,
    Name: '/shop-1',
    Image: IMAGE_ID,
    Created: '2026-01-02T03:00:00.000Z',
    RestartCount: 0,
    Mounts: [],
    ...more,
    Config: {
      Hostname: ID.slice(0, 12),
      Image: 'acme/shop:1.0.0',
      Env: [],
      Cmd: ['serve'],
      ...Config,
      Labels: {
        'aegis.enable': 'true',
        'aegis.actions': 'RESTART,SCALE_UP,ROLLBACK',
        'com.docker.compose.service': 'shop',
        ...Config?.Labels,
      },
    },
    State: {
      ...{ Running: true, Restarting: false, Pid: 42, ExitCode: 0, OOMKilled: false, Error: '' },
      ...{ StartedAt: '2026-01-02T03:00:01.000Z', FinishedAt: '0001-01-01T00:00:00Z' },
      ...State,
    },
    HostConfig: { NetworkMode: 'front', ...HostConfig },
    NetworkSettings: {
      Networks: Networks ?? {
        front: { Aliases: ['shop', 'shop-1', ID.slice(0, 12)], IPAddress: '172.18.0.5', IPAMConfig: null },
      },
    },
  } as unknown as Container;
}

export function imageOf(config: Part = {}, Id = IMAGE_ID): Image {
  return { Id, Config: { Cmd: ['serve'], Env: [], Labels: {}, ...config } } as unknown as Image;
}
