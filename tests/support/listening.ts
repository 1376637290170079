/** Where processes listen, from Linux' own tables. */
import * as fs from 'node:fs';
import * as path from 'node:path';

const listens = '0A'; // the state of a socket in /proc/net/tcp

/** Returns the addresses at which these processes listen, as `127.0.0.1` or `::1`; others as the table has them. */
export function listeningAddresses(pids: readonly number[]): string[] {
  const own = new Set(pids.flatMap(socketsOf));
  return ['tcp', 'tcp6'].flatMap((table) =>
    fs
      .readFileSync(`/proc/net/${table}`, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === listens && own.has(inode!))
      .map(([, address]) => readable(address!.split(':')[0]!)),
  );
}

const socketsOf = (pid: number): string[] =>
  orNone(() => fs.readdirSync(`/proc/${pid}/fd`)).flatMap((fd) => {
    const [link = ''] = orNone(() => [fs.readlinkSync(path.join(`/proc/${pid}/fd`, fd))]);
    return /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [];
  });

/** Returns what `look` returns, or nothing where the process has ended, or the file is closed, meanwhile. */
function orNone(look: () => string[]): string[] {
  try {
    return look();
  } catch {
    return [];
  }
}

/** The tables hold words of the machine's byte order, which is the small end first where this runs. */
function readable(hex: string): string {
  if (hex === '00000000000000000000000001000000') return '::1';
  if (hex.length > 8) return hex;
  return Buffer.from(hex, 'hex').reverse().join('.');
}
