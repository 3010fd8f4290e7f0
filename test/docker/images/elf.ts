/** Whether a program needs anything of the system it runs on, as far as its ELF header tells. */
import { closeSync, openSync, readSync } from 'node:fs';

const MAGIC = 0x7f454c46;
const PT_INTERP = 3;

/**
 * True where the program names no dynamic loader: it runs in an image that holds nothing else.
 * @throws Error on what is no 64-bit little-endian ELF file, the only kind that there is on x64 and arm64
 */
export function isStatic(path: string): boolean {
  const header = read(path, 0, 64);
  if (header.length < 64 || header.readUInt32BE(0) !== MAGIC || header[4] !== 2 || header[5] !== 1)
    throw new Error(`${path} is no 64-bit ELF program`);
  const [size, count] = [header.readUInt16LE(54), header.readUInt16LE(56)];
  const segments = read(path, Number(header.readBigUInt64LE(32)), size * count);
  for (let at = 0; at + 4 <= segments.length; at += size)
    if (segments.readUInt32LE(at) === PT_INTERP) return false;
  return true;
}

function read(path: string, position: number, length: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(length);
    return buffer.subarray(0, readSync(file, buffer, 0, length, position));
  } finally {
    closeSync(file);
  }
}
