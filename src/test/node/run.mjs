// Plays the sessions of each client library against Redis and then against the proxy before it, and compares what they saw.
// Then counts what clients that only read cost Redis.
//   node run.mjs REDIS_PORT PROXY_PORT      ends with 1 when anything differs
import { createHash } from 'node:crypto';
import * as ioredis from './ioredis.mjs';
import * as noderedis from './noderedis.mjs';

const [redisPort, proxyPort] = process.argv.slice(2).map(Number);
const READERS = 200;
const LIMIT_MS = 10_000;
const SHOWN = 300;

// One line for one outcome: of any type, short, and the same whenever the outcome is.
function line(value) {
  return JSON.stringify(value, (_, inner) => {
    if (inner instanceof Error) {
      return { error: inner.message };
    }
    if (inner instanceof Map) {
      return { map: [...inner] };
    }
    if (inner instanceof Set) {
      return { set: [...inner] };
    }
    if (typeof inner === 'bigint' || inner === undefined) {
      return { [typeof inner]: String(inner) };
    }
    if (inner?.type === 'Buffer') {
      inner = `buffer ${Buffer.from(inner.data).toString('hex')}`;
    }
    if (typeof inner === 'string' && inner.length > SHOWN) {
      return `${inner.length} characters, SHA-256 ${createHash('sha256').update(inner).digest('hex')}`;
    }
    return inner;
  });
}

function within(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// Returns the lines a session has seen, from an empty database.
async function play(library, session, port) {
  const clients = [];
  const connect = async () => {
    const client = await library.connect(port);
    clients.push(client);
    return client;
  };
  const lines = [];
  const see = async (outcome) => {
    const value = await Promise.resolve(outcome).catch((e) => e);
    lines.push(line(value));
    return value;
  };
  try {
    await within(
      (async () => {
        const client = await connect();
        await library.flush(client);
        await session({ client, connect, see });
      })(),
    );
  } catch (e) {
    lines.push(`ended by ${e.stack}, after ${lines.at(-1)}`);
  } finally {
    clients.forEach((client) => library.close(client));
  }
  return lines;
}

function differences(direct, proxied) {
  const rows = [];
  for (let i = 0; i < Math.max(direct.length, proxied.length); i++) {
    if (direct[i] !== proxied[i]) {
      rows.push(`  outcome ${i + 1}\n    Redis  ${direct[i]}\n    proxy  ${proxied[i]}`);
    }
  }
  return rows;
}

async function compare(library) {
  let outcomes = 0;
  const different = [];
  for (const [name, session] of Object.entries(library.sessions)) {
    const direct = await play(library, session, redisPort);
    const proxied = await play(library, session, proxyPort);
    outcomes += direct.length;
    const rows = differences(direct, proxied);
    if (rows.length > 0) {
      different.push(`${library.name}, ${name}:\n${rows.join('\n')}`);
    }
    const ended = direct.find((seen) => seen.startsWith('ended by'));
    if (ended) {
      different.push(`${library.name}, ${name}: the session itself does not run: ${ended}`);
    }
  }
  const sessions = Object.keys(library.sessions).length;
  console.log(`${library.name}: ${sessions} sessions, ${outcomes} outcomes, ${different.length} sessions differ`);
  return different;
}

// Returns how many connections Redis has more while `READERS` clients read through the proxy.
async function connectionsOfReaders(library) {
  const direct = await library.connect(redisPort);
  const connected = async () => Number(/connected_clients:(\d+)/.exec(await direct.info('clients'))[1]);
  const settled = async () => {
    // those of the sessions before are closed, but Redis may not have read it yet
    for (let last = -1, now = await connected(); ; last = now, now = await connected()) {
      if (now === last) {
        return now;
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await direct.set('read', 'value');
  const before = await settled();
  const readers = [];
  for (let i = 0; i < READERS; i++) {
    const reader = await library.connect(proxyPort);
    readers.push(reader);
    for (let read = 0; read < 3; read++) {
      if ((await reader.get('read')) !== 'value') {
        throw new Error('a reader got something else');
      }
    }
  }
  const more = (await connected()) - before;
  [direct, ...readers].forEach((client) => library.close(client));
  return more;
}

const libraries = [...ioredis.libraries, ...noderedis.libraries];
const faults = [];
for (const library of libraries) {
  faults.push(...(await compare(library)));
}
for (const library of libraries) {
  const connections = await within(connectionsOfReaders(library));
  console.log(`${library.name}: ${READERS} clients that only read cost Redis ${connections} connections`);
  // those that all share come and go meanwhile
  if (Math.round(connections / READERS) !== library.connectionsPerReader) {
    const expected = READERS * library.connectionsPerReader;
    faults.push(`${library.name}: ${READERS} readers should cost ${expected} connections, not ${connections}`);
  }
}
faults.forEach((fault) => console.log(fault));
// sockets of clients that could not be closed must not keep it alive
process.exit(faults.length > 0 ? 1 : 0);
