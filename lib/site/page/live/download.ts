/** A run as a file for the reader. */
import { zipSync } from 'fflate';

/** Offers files as one zip archive: unpacked into `data/local` of the workbook, they are a run as if made there. */
export function download(files: ReadonlyMap<string, Uint8Array>, name: string): void {
  const archive = zipSync(Object.fromEntries(files));
  const address = URL.createObjectURL(new Blob([archive as BlobPart], { type: 'application/zip' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = `${name}.zip`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
