import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkify } from '../src/room/linkify.ts';

/** The text with its links in brackets. */
const shown = (text: string) => linkify(text).map((part) => (part.href ? `[${part.text}]` : part.text)).join('');

test('addresses of the web become links, without what stands around them', () => {
  for (const [text, want] of [
    ['see https://example.com/a?b=c#d now', 'see [https://example.com/a?b=c#d] now'],
    ['https://example.com.', '[https://example.com].'],
    ['(https://example.com/a_(b))', '([https://example.com/a_(b)])'],
    ['http://a.example, https://b.example!', '[http://a.example], [https://b.example]!'],
    ['HTTPS://EXAMPLE.COM/Path', '[HTTPS://EXAMPLE.COM/Path]'],
    ['https://example.com에서 봐요', '[https://example.com]에서 봐요'], // a particle is no part of a host
    ['https://ko.wikipedia.org/wiki/한국', '[https://ko.wikipedia.org/wiki/한국]'],
    ['https://example.com:8080/x', '[https://example.com:8080/x]'],
    ['"https://example.com/"', '"[https://example.com/]"'],
    ['<https://example.com/>', '<[https://example.com/]>'],
  ]) {
    assert.equal(shown(text!), want);
  }
});

test('what is no address of the web, or not what it seems, is text', () => {
  for (const text of [
    '',
    'no link',
    'javascript:alert(1)',
    'JaVaScRiPt://example.com/%0aalert(1)',
    'data:text/html,<script>alert(1)</script>',
    'file:///etc/passwd',
    'ftp://example.com/',
    'https://',
    'https://-',
    'https://bank.example@evil.example/', // leads to another host than it says
    'https://bank.example:80@evil.example/',
    'https://ba\u043Dk.example/', // a Cyrillic letter
    'https://[::1',
    'xhttps://example.com', // no word of its own
    'https://example.com:99999999/',
  ]) {
    assert.equal(shown(text), text);
  }
});

test('parts joined are the text, and links are http or https, whatever is written', () => {
  const pieces = ['https://', 'http://', 'a.example', '한글', '(', ')', '.', ' ', '@', '/', '"', '<b>', '?q=', 'javascript:', '\u202E', '💥'];
  let seed = 7;
  const next = (n: number) => (seed = (seed * 48_271) % 2_147_483_647) % n;
  for (let round = 0; round < 3_000; round++) {
    const text = Array.from({ length: next(12) }, () => pieces[next(pieces.length)]).join('');
    const parts = linkify(text);
    assert.equal(parts.map((part) => part.text).join(''), text);
    for (const { href } of parts) {
      if (!href) continue;
      const url = new URL(href);
      assert.match(url.protocol, /^https?:$/);
      assert.equal(url.username + url.password, '');
    }
  }
});
