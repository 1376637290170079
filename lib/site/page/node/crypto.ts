/** The functions of `node:crypto` that the library uses. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

export const randomUUID = (): string => crypto.randomUUID();

interface Hash {
  update(bytes: Uint8Array): Hash;
  digest(encoding: 'hex'): string;
}

/** SHA-256, the only one that is asked for, in hexadecimal digits. */
export function createHash(_: 'sha256'): Hash {
  const state = sha256.create();
  const hash: Hash = {
    update(bytes) {
      state.update(bytes);
      return hash;
    },
    digest: () => bytesToHex(state.digest()),
  };
  return hash;
}
