import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Dealer, Subscriber } from 'zeromq';
import { root } from '../core/files';

/** The content of a message of Jupyter's protocol. */
export type Content = Record<string, unknown>;
/** Gets what the kernel publishes for a request. */
export type OnMessage = (type: string, content: Content) => void;

interface Request {
  onMessage: OnMessage;
  reply?: Content;
  idle: boolean;
  resolve(reply: Content): void;
  reject(error: Error): void;
}
interface Message {
  type: string;
  parentId: string;
  content: Content;
}

const kernelSpec = path.join(root, 'lib/jupyter/share/kernels/tslab/kernel.json');
const delimiter = '<IDS|MSG>';
const ports = ['shell', 'iopub', 'stdin', 'control', 'hb'];

/** Returns the command of kernel.json with its blanks filled in, as Jupyter does it. */
function kernelCommand(connectionFile: string): string[] {
  const { argv } = JSON.parse(fs.readFileSync(kernelSpec, 'utf8')) as { argv: string[] };
  return argv.map((argument) =>
    argument
      .replace('{resource_dir}', path.dirname(kernelSpec))
      .replace('{connection_file}', connectionFile),
  );
}

/**
 * A running notebook kernel and a client of it that speaks Jupyter's protocol. Its sockets are files, so that two
 * kernels never want the same port.
 */
export class Kernel {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'r1-kernel-'));
  private readonly key: string = randomUUID();
  private readonly session: string = randomUUID();
  private readonly shell = new Dealer({ routingId: this.session, linger: 0 });
  private readonly iopub = new Subscriber({ receiveHighWaterMark: 0 });
  private readonly requests = new Map<string, Request>();
  private readonly process: ChildProcess;
  private readonly exited: Promise<void>;
  private lastWords = '';
  /** why the kernel has ended; undefined while it lives */
  private death?: Error;

  /** Starts a kernel process, with `env` added to the environment; `ready()` waits for it. */
  constructor(env: Record<string, string> = {}) {
    const ip = path.join(this.folder, 'socket');
    const numbers = Object.fromEntries(ports.map((name, i) => [`${name}_port`, i + 1] as const));
    const connection = { transport: 'ipc', ip, key: this.key, ...numbers };
    const connectionFile = path.join(this.folder, 'connection.json');
    fs.writeFileSync(connectionFile, JSON.stringify(connection));

    this.shell.connect(`ipc://${ip}:1`);
    this.iopub.connect(`ipc://${ip}:2`);
    this.iopub.subscribe();
    void this.listen(this.shell);
    void this.listen(this.iopub);

    const [, ...argv] = kernelCommand(connectionFile);
    // The kernel has a process group of its own, as under Jupyter, so that Ctrl-C reaches it only through interrupt().
    this.process = spawn(process.execPath, argv, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const keep = (data: Buffer): void => {
      this.lastWords = (this.lastWords + String(data)).slice(-2000);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.exited = new Promise((resolve) => {
      this.process.once('exit', (code, signal) => {
        const words = this.lastWords.trim();
        this.death = new Error(
          `the kernel died (${signal ?? `code ${code}`})${words && `\n${words}`}`,
        );
        for (const request of this.requests.values()) request.reject(this.death);
        resolve();
      });
    });
  }

  /** Resolves when the kernel answers, with its kernel_info_reply. */
  async ready(): Promise<Content> {
    // A first request may be answered before the output socket is connected, so it is repeated until both sides hear.
    for (let attempt = 0; attempt < 60; attempt++) {
      const answer = this.request('kernel_info_request', {});
      const late = new Promise<void>((resolve) => setTimeout(resolve, 1000));
      const info = await Promise.race([answer, late]);
      if (info) return info;
      answer.catch(() => {});
    }
    this.kill();
    throw new Error(`the kernel did not start within a minute\n${this.lastWords}`);
  }

  /**
   * Sends a request on the shell channel. `onMessage` gets what the kernel publishes for it, also after it is done.
   * Resolves with the reply when the kernel is idle again; rejects when the kernel dies.
   */
  request(type: string, content: Content, onMessage: OnMessage = () => {}): Promise<Content> {
    return new Promise((resolve, reject) => {
      if (this.death) return reject(this.death);
      this.requests.set(this.send(type, content), { onMessage, idle: false, resolve, reject });
    });
  }

  /** Runs one cell's code. */
  execute(code: string, onMessage: OnMessage): Promise<Content> {
    const content = { code, silent: false, store_history: true, allow_stdin: false };
    return this.request('execute_request', { ...content, stop_on_error: true }, onMessage);
  }

  /** Interrupts the running cell, as Jupyter's stop button does. */
  interrupt(): void {
    this.process.kill('SIGINT');
  }

  /** Ends the kernel at once. */
  kill(): void {
    this.process.kill('SIGKILL');
  }

  /** Asks the kernel to end, kills it after a second, and frees everything. */
  async close(): Promise<void> {
    if (!this.death) this.send('shutdown_request', { restart: false });
    const timer = setTimeout(() => this.kill(), 1000);
    await this.exited;
    clearTimeout(timer);
    this.shell.close();
    this.iopub.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }

  private send(type: string, content: Content): string {
    const msg_id = randomUUID();
    const date = new Date().toISOString();
    const header = { msg_id, session: this.session, username: '', date, msg_type: type };
    const parts = [{ ...header, version: '5.3' }, {}, {}, content].map((p) => JSON.stringify(p));
    const signature = createHmac('sha256', this.key);
    for (const part of parts) signature.update(part);
    void this.shell.send([delimiter, signature.digest('hex'), ...parts]);
    return msg_id;
  }

  private async listen(socket: Dealer | Subscriber): Promise<void> {
    for await (const frames of socket as AsyncIterable<Buffer[]>) this.take(parse(frames));
  }

  private take({ type, parentId, content }: Message): void {
    const request = this.requests.get(parentId);
    if (!request) return;
    if (type.endsWith('_reply')) request.reply = content;
    else if (type !== 'status') request.onMessage(type, content);
    else if (content.execution_state === 'idle') request.idle = true;
    if (request.reply && request.idle) request.resolve(request.reply);
  }
}

function parse(frames: Buffer[]): Message {
  const at = frames.findIndex((frame) => frame.toString() === delimiter);
  const [header, parent, , content] = frames
    .slice(at + 2)
    .map((frame) => JSON.parse(String(frame)) as Record<string, unknown>);
  return {
    type: header!.msg_type as string,
    parentId: parent!.msg_id as string,
    content: content as Message['content'],
  };
}
