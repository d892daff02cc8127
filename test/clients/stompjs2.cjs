// stompjs 2.3.3: over sockjs-client 1.6 if the URL is http, else over ws,
// offering v10.stomp and v11.stomp as it does by itself.
'use strict';
const Stomp = require('stompjs');
const SockJS = require('sockjs-client');
const WebSocket = require('ws');
const { say, obey } = require('./lines.cjs');

const frame = ({ headers, body }) => ({ headers, body });
let client;

function open(url) {
  return url.startsWith('http') ? new SockJS(url, null, { transports: 'websocket' }) : new WebSocket(url, ['v10.stomp', 'v11.stomp']);
}

obey({
  connect({ url, headers, options }) {
    client = Object.assign(Stomp.over(open(url)), options);
    client.onreceive = (message) => say('stray', frame(message));
    client.onreceipt = (receipt) => say('receipt', frame(receipt));
    client.ws.onerror = (error) => say('failure', { body: String(error.message) });
    client.connect(
      headers ?? {},
      (connected) => say('connected', frame(connected)),
      // It is called with the ERROR frame, and with a string when the socket closes.
      (error) => typeof error === 'string' || say('error', frame(error)),
    );
    const lost = client.ws.onclose;
    client.ws.onclose = (event) => {
      lost();
      say('closed', { code: event.code, body: event.reason });
      process.exit(1);
    };
  },
  subscribe({ destination, headers }) {
    client.subscribe(destination, (message) => say('message', frame(message)), headers);
  },
  unsubscribe({ headers: { id } }) {
    client.unsubscribe(id); // it cannot ask for a receipt
  },
  send({ destination, headers, body }) {
    client.send(destination, headers, body);
  },
  disconnect() {
    // It closes without waiting for an answer, and forgets about the socket.
    const socket = client.ws;
    client.disconnect(() => {
      socket.onclose = (event) => {
        say('closed', { code: event.code, body: event.reason });
        process.exit(0);
      };
    });
  },
});
