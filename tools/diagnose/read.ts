/** The text of a file, or of the standard input. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** Throws the words of the system where it cannot be read. */
export async function readText(file: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readFile(file, 'utf8');
}
