// Starts the real binary for a test, on a free port with a data folder of its own.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const READY_MS = 30_000;
const STOP_MS = 15_000;

export class Server {
  /** Starts `hubbub serve` with further flags and waits until it is ready. */
  static async start(...flags) {
    const binary = process.env.HUBBUB_BIN;
    if (!binary) throw new Error('HUBBUB_BIN must be the path of the hubbub binary');
    const server = new Server();
    server.binary = binary;
    server.flags = flags;
    server.data = await mkdtemp(join(tmpdir(), 'hubbub-browser-'));
    server.port = await freePort();
    await server.restart();
    return server;
  }

  /** Starts the process again on the same port and folder. */
  async restart() {
    const args = ['serve', '--listen', `127.0.0.1:${this.port}`, '--data', this.data, ...this.flags];
    this.process = spawn(this.binary, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.exited = once(this.process, 'exit');
    const said = [];
    createInterface(this.process.stderr).on('line', (line) => said.push(line) > 200 && said.shift());
    this.said = said;
    this.url = await new Promise((resolve, reject) => {
      const failed = (why) => reject(new Error(`${why}\n${said.join('\n')}`));
      const timer = setTimeout(() => failed(`not ready within ${READY_MS} ms`), READY_MS);
      this.process.once('exit', (code) => failed(`exited with ${code} before it was ready`));
      this.process.once('error', reject);
      createInterface(this.process.stdout).on('line', (line) => {
        this.claim = /\S+\/claim#\S+/.exec(line)?.[0] ?? this.claim; // printed while there is no admin
        const url = /\bready\b.*?(https?:\/\/\S+)/.exec(line)?.[1];
        if (!url) return;
        clearTimeout(timer);
        resolve(new URL('/', url).href);
      });
    });
  }

  /** What another command says about this server's folder. */
  async run(...args) {
    return (await promisify(execFile)(this.binary, [...args, '--data', this.data])).stdout;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.exited;
  }

  /** Ends the process and removes its folder. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_MS);
      await this.exited;
      clearTimeout(timer);
    }
    await rm(this.data, { recursive: true, force: true });
  }
}

async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}
