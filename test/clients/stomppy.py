"""stomp.py over its WebSocket transport, which offers no sub-protocol and opens
with the command STOMP. Commands come as JSON lines on standard input, events go
as JSON lines to standard output; see clients.go for both."""

import json
import os
import sys
import threading
from urllib.parse import urlsplit

import stomp

printing = threading.Lock()  # events come from its receiving thread


def say(event, frame=None):
    line = {"event": event}
    if frame is not None:
        line.update(headers=frame.headers, body=frame.body or "")
    with printing:
        print(json.dumps(line), flush=True)


class Listener(stomp.ConnectionListener):
    leaving = False

    def on_connected(self, frame):
        say("connected", frame)

    def on_message(self, frame):
        say("message", frame)

    def on_receipt(self, frame):
        say("receipt", frame)

    def on_error(self, frame):
        say("error", frame)

    def on_heartbeat_timeout(self):
        say("failure")

    def on_disconnected(self):
        say("closed")
        os._exit(0 if self.leaving else 1)


class Commands:
    def connect(self, url, headers=None, options=None):
        address = urlsplit(url)
        self.listener = Listener()
        self.connection = stomp.WSStompConnection(
            [(address.hostname, address.port)], ws_path=address.path, reconnect_attempts_max=1, **(options or {})
        )
        self.connection.set_listener("", self.listener)
        self.connection.connect(headers=headers)

    def subscribe(self, destination, headers):
        headers = dict(headers)
        self.connection.subscribe(destination, headers.pop("id"), headers=headers)

    def unsubscribe(self, headers):
        headers = dict(headers)
        self.connection.unsubscribe(headers.pop("id"), headers=headers)

    def send(self, destination, body, headers=None):
        self.connection.send(destination, body, headers=headers)

    def disconnect(self):
        self.listener.leaving = True
        self.connection.disconnect()  # closes once its RECEIPT is there


commands = Commands()
for text in sys.stdin:
    line = json.loads(text)
    getattr(commands, line.pop("do"))(**line)
if not commands.listener.leaving:
    commands.disconnect()
threading.Event().wait()  # on_disconnected ends the process
