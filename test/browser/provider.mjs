// An OpenID Connect provider that lets everybody in, as one name.

import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

export const CLIENT = { id: 'hubbub', secret: 'a client secret' };

const json = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Provider {
  /** Starts one on a free port; `claims` are of whoever signs in. */
  static async start(claims) {
    const provider = new Provider();
    provider.claims = claims;
    provider.deny = ''; // an error in place of a code
    provider.grants = new Map();
    provider.keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    provider.server = createServer((request, response) => void provider.answer(request, response)).listen(0, '127.0.0.1');
    await once(provider.server, 'listening');
    provider.url = `http://127.0.0.1:${provider.server.address().port}`;
    return provider;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async answer(request, response) {
    const { pathname, searchParams: query } = new URL(request.url, this.url);
    const say = (status, body) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    switch (pathname) {
      case '/.well-known/openid-configuration':
        return say(200, {
          issuer: this.url,
          authorization_endpoint: `${this.url}/auth`,
          token_endpoint: `${this.url}/token`,
          jwks_uri: `${this.url}/keys`,
          id_token_signing_alg_values_supported: ['ES256'],
        });
      case '/keys':
        return say(200, { keys: [{ ...this.keys.publicKey.export({ format: 'jwk' }), kid: 'k', use: 'sig', alg: 'ES256' }] });
      case '/auth': {
        const back = new URL(query.get('redirect_uri'));
        back.searchParams.set('state', query.get('state'));
        if (this.deny) back.searchParams.set('error', this.deny);
        else {
          const code = randomUUID();
          this.grants.set(code, query);
          back.searchParams.set('code', code);
        }
        return response.writeHead(302, { Location: back.href }).end();
      }
      case '/token': {
        const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
        const asked = this.grants.get(form.get('code'));
        this.grants.delete(form.get('code'));
        const proof = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
        if (asked?.get('code_challenge') !== proof) return say(400, { error: 'invalid_grant' });
        return say(200, { access_token: 'x', token_type: 'Bearer', id_token: this.idToken(asked.get('nonce')) });
      }
    }
    return say(404, {});
  }

  idToken(nonce) {
    const now = Math.floor(Date.now() / 1000);
    const text = `${json({ alg: 'ES256', kid: 'k' })}.${json({ iss: this.url, aud: CLIENT.id, nonce, iat: now, exp: now + 60, ...this.claims })}`;
    const signature = sign('sha256', Buffer.from(text), { key: this.keys.privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  }
}
