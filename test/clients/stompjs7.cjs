// @stomp/stompjs 7 over the ws package, offering v12.stomp, v11.stomp, v10.stomp.
'use strict';
const { Client } = require('@stomp/stompjs');
const { say, obey } = require('./lines.cjs');
Object.assign(globalThis, { WebSocket: require('ws') });

const frame = ({ headers, body }) => ({ headers, body });
const subscriptions = new Map();
let client;
let leaving = false;

obey({
  connect({ url, headers, options }) {
    client = new Client({
      brokerURL: url,
      connectHeaders: headers,
      reconnectDelay: 0,
      ...options,
      onConnect: (connected) => say('connected', frame(connected)),
      onStompError: (error) => say('error', frame(error)),
      onUnhandledReceipt: (receipt) => say('receipt', frame(receipt)),
      onUnhandledMessage: (message) => say('stray', frame(message)),
      onUnhandledFrame: (other) => say('stray', frame(other)),
      onWebSocketError: (error) => say('failure', { body: String(error.message) }),
      onWebSocketClose({ code, reason }) {
        say('closed', { code, body: reason });
        if (client.reconnectDelay === 0) process.exit(leaving ? 0 : 1);
      },
    });
    client.activate();
  },
  subscribe({ destination, headers }) {
    const subscription = client.subscribe(destination, (message) => say('message', frame(message)), headers);
    subscriptions.set(subscription.id, subscription);
  },
  unsubscribe({ headers: { id, ...headers } }) {
    subscriptions.get(id).unsubscribe(headers);
  },
  send({ destination, headers, body }) {
    client.publish({ destination, headers, body });
  },
  disconnect() {
    leaving = true;
    client.reconnectDelay = 0;
    client.deactivate(); // sends DISCONNECT and closes once its RECEIPT is there
  },
});
