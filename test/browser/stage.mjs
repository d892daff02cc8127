// What the tests of a file share: a browser, and a server with a folder of its own.

import { after, before } from 'node:test';
import { Server } from './server.mjs';
import { launch, Viewer } from './viewer.mjs';

/**
 * Sets both up before the tests of the file that calls it, and takes them down
 * after; `open` lets somebody come who leaves at the end of the test.
 */
export function stage(...flags) {
  let browser, server;
  before(async () => {
    [browser, server] = await Promise.all([launch(), Server.start(...flags)]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });
  return {
    server: () => server,
    url: () => server.url,
    /** The address of a path. */
    at: (path) => new URL(path, server.url).href,
    async open(t, options) {
      const viewer = await Viewer.open(browser, options);
      t.after(() => viewer.leave());
      return viewer;
    },
  };
}
