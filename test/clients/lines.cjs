// What the Node clients share: commands come as JSON lines on standard input,
// events go as JSON lines to standard output. See clients.go for both.
'use strict';
const readline = require('node:readline');

// say prints an event.
exports.say = (event, rest = {}) => process.stdout.write(JSON.stringify({ event, ...rest }) + '\n');

// obey runs commands[line.do](line) for each line; the end of the input is a disconnect.
exports.obey = (commands) => {
  readline
    .createInterface({ input: process.stdin })
    .on('line', (text) => {
      const line = JSON.parse(text);
      commands[line.do](line);
    })
    .on('close', () => commands.disconnect({}));
};
