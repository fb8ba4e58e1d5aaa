// ioredis 5 (RESP2) and 6 (RESP2 and RESP3), as applications use them.
import { createHash } from 'node:crypto';
import { Redis as Redis6 } from 'ioredis';
import { Redis as Redis5 } from 'ioredis5';
import { WRITES } from './writes.mjs';

// What Redis counts for each client that only reads: INFO, which ioredis asks when it connects, is asked aside.
const CONNECTIONS_PER_READER = 0;

const BYTES = Buffer.from([0, 255, 13, 10, 36, 45, 49, 13, 10, 128]);
const sha1 = (script) => createHash('sha1').update(script).digest('hex');

const sessions = {
  async strings({ client, connect, see }) {
    const other = await connect();
    await see(client.get('none'));
    await see(client.set('s', '1'));
    for (let i = 0; i < 3; i++) {
      await see(client.get('s'));
      await see(client.incrby('s', 41));
      await see(other.get('s'));
    }
    await see(client.set('s', 'no', 'NX'));
    await see(client.set('e', 'soon gone', 'PX', 100_000));
    await see(client.get('e'));
    await see(client.persist('e'));
    await see(client.mset({ a: '1', b: 'ä€😀' }));
    await see(client.mget('a', 'none', 'b'));
    await see(client.append('b', '!'));
    await see(client.getrange('b', 0, 3));
    await see(client.get('b'));
    await see(client.set('', 'empty key'));
    await see(client.get(''));
    await see(client.set('empty', ''));
    await see(client.get('empty'));
    await see(client.del('s', 'a', 'none'));
    await see(client.get('s'));
    await see(client.exists('s', 'b'));
  },

  async collections({ client, see }) {
    await see(client.hset('h', { a: '1', b: '2' }));
    await see(client.hgetall('h'));
    await see(client.hmget('h', 'a', 'none'));
    await see(client.hincrbyfloat('h', 'a', 0.5));
    await see(client.hgetall('none'));
    await see(client.rpush('l', 'a', 'b', 'c'));
    await see(client.lrange('l', 0, -1));
    await see(client.lpop('l'));
    await see(client.lpop('l', 5));
    await see(client.lpop('l'));
    await see(client.sadd('set', 'only'));
    await see(client.smembers('set'));
    await see(client.zadd('z', 1.5, 'a', '+inf', 'b'));
    await see(client.zrange('z', 0, -1, 'WITHSCORES'));
    await see(client.zscore('z', 'b'));
    await see(client.xadd('x', '1-1', 'f', 'v'));
    await see(client.xrange('x', '-', '+'));
    await see(client.xread('STREAMS', 'x', 'none', '0', '0'));
    await see(client.geoadd('g', 13.361389, 38.115556, 'Palermo'));
    await see(client.geopos('g', 'Palermo', 'none'));
    await see(client.scan(0, 'COUNT', 1000).then(([cursor, keys]) => [cursor, keys.sort()]));
    await see(client.type('z'));
  },

  async multi({ client, connect, see }) {
    const other = await connect();
    await see(client.multi().set('t', 'in').get('t').lpush('t', 'wrong type').incr('n').exec());
    await see(client.get('t'));
    await see(other.get('t'));
    await see(client.multi({ pipeline: false }));
    await see(client.set('t', 'queued'));
    await see(client.get('t'));
    await see(other.get('t'));
    await see(client.exec());
    await see(other.get('t'));
    await see(client.multi().set('t', 'x').call('NONSENSE').exec());
    await see(client.multi({ pipeline: false }));
    await see(client.set('t', 'discarded'));
    await see(client.discard());
    await see(client.get('t'));
    await see(client.exec());
  },

  async watch({ client, connect, see }) {
    const other = await connect();
    await client.set('t', '1');
    await see(client.watch('t'));
    await see(client.get('t'));
    await see(client.multi().set('t', 'kept').exec());
    await see(client.watch('t'));
    await see(client.get('t'));
    await see(other.set('t', 'changed'));
    await see(client.multi().set('t', 'lost').exec());
    await see(client.get('t'));
    await see(client.watch('t'));
    await see(other.set('t', 'changed again'));
    await see(client.unwatch());
    await see(client.multi().get('t').exec());
  },

  async pubsub({ client, connect, see }) {
    const subscriber = await connect();
    const heard = [];
    let enough;
    const all = new Promise((resolve) => (enough = resolve));
    const hear = (...message) => heard.push(message) === 6 && enough();
    subscriber.on('message', hear);
    subscriber.on('pmessage', hear);
    subscriber.on('messageBuffer', (channel, message) => message[0] === 0 && hear(channel, message));
    await see(subscriber.subscribe('news', 'more'));
    await see(subscriber.psubscribe('n*'));
    await see(subscriber.get('while subscribed'));
    await see(subscriber.ping());
    await see(client.publish('news', 'one'));
    await see(client.publish('more', 'two'));
    await see(client.publish('more', BYTES));
    await see(client.publish('nobody', 'matches the pattern'));
    await all;
    await see(heard);
    await see(subscriber.unsubscribe('news'));
    await see(subscriber.unsubscribe('more'));
    await see(subscriber.punsubscribe('n*'));
    await see(subscriber.set('after', 'subscriptions'));
    await see(subscriber.get('after'));
  },

  async blocking({ client, connect, see }) {
    const other = await connect();
    await see(client.blpop('q', 0.05));
    const popped = client.blpop('q', 'r', 10);
    await see(other.rpush('r', 'a', 'b'));
    await see(popped);
    await see(client.brpop('q', 'r', 10));
    const moved = client.blmove('q', 'to', 'LEFT', 'RIGHT', 10);
    await see(other.rpush('q', 'c'));
    await see(moved);
    await see(client.lrange('to', 0, -1));
    const read = client.xread('BLOCK', 10_000, 'STREAMS', 'x', '0');
    await see(other.xadd('x', '1-1', 'f', 'v'));
    await see(read);
    await see(other.bzpopmin('z', 0.05));
  },

  async scripts({ client, see }) {
    const script = "return {KEYS[1], ARGV[1], redis.call('SET', KEYS[1], ARGV[1]), false, 3.9}";
    await see(client.get('k'));
    await see(client.evalsha(sha1(script), 1, 'k', 'v'));
    await see(client.eval(script, 1, 'k', 'v'));
    await see(client.get('k'));
    await see(client.evalsha(sha1(script), 1, 'k', 'w'));
    await see(client.get('k'));
    await see(client.script('EXISTS', sha1(script), sha1('')));
    await see(client.eval("return redis.error_reply('MINE of my own')", 0));
    await see(client.eval("return redis.call('LPUSH', KEYS[1], 1)", 1, 'k'));
    await see(client.eval('this is not Lua', 0));
    // ioredis's own: EVALSHA first, EVAL after NOSCRIPT
    client.defineCommand('twice', { numberOfKeys: 1, lua: "return redis.call('APPEND', KEYS[1], redis.call('GET', KEYS[1]))" });
    await see(client.twice('k'));
    await see(client.twice('k'));
    await see(client.get('k'));
  },

  async pipeline({ client, see }) {
    const pipeline = client.pipeline();
    for (let i = 0; i < 300; i++) {
      pipeline.set(`p${i}`, `v${i}`).get(`p${i}`).get(`p${i - 1}`);
    }
    pipeline.lpush('p0', 'wrong type').call('NONSENSE').get('p0').multi().get('p1').exec().get('p2');
    await see(pipeline.exec());
    await see(Promise.all(Array.from({ length: 1000 }, (_, i) => client.get(`p${i % 301}`))));
    const mixed = [];
    for (let i = 0; i < 200; i++) {
      mixed.push(client.get('n'), client.incr('n'), client.get('n'), client.get(`p${i}`));
    }
    await see(Promise.all(mixed));
  },

  async errors({ client, see }) {
    await client.rpush('l', 'a');
    await see(client.get('l'));
    await see(client.get('l'));
    await see(client.incr('l'));
    await see(client.call('NONSENSE', 'a', 'b'));
    await see(client.call('GET'));
    await see(client.call('GET', 'a', 'b'));
    await see(client.call('SET', 'a'));
    await see(client.call('CONFIG', 'NONSENSE'));
    await see(client.eval('return 1', 'not a number'));
    await see(client.call('AUTH', 'no', 'such user'));
    await see(client.get('l'));
    await see(client.ping());
  },

  async binary({ client, see }) {
    await see(client.set(BYTES, BYTES));
    await see(client.getBuffer(BYTES));
    await see(client.getBuffer(BYTES));
    await see(client.hset('h', BYTES, BYTES));
    await see(client.hgetallBuffer('h'));
    await see(client.append(BYTES, BYTES));
    await see(client.getBuffer(BYTES));
    await see(client.get(BYTES));
    await see(client.multi().getBuffer(BYTES).exec());
  },

  async select({ client, connect, see }) {
    const other = await connect();
    await see(client.set('k', 'in 0'));
    await see(client.get('k'));
    await see(client.select(1));
    await see(client.get('k'));
    await see(client.set('k', 'in 1'));
    await see(client.get('k'));
    await see(other.get('k'));
    await see(other.select(1));
    await see(other.get('k'));
    await see(client.select(99999));
    await see(client.get('k'));
    await see(other.move('k', 2));
    await see(client.get('k'));
    await see(client.swapdb(0, 2));
    await see(client.select(0));
    await see(client.get('k'));
  },

  // whoever only reads is answered from the cache, and must see every write
  async readers({ client, connect, see }) {
    const readers = [await connect(), await connect()];
    const read = async () => {
      for (const key of ['k', 'other', 'none']) {
        for (const reader of [...readers, ...readers]) {
          await see(reader.get(key));
        }
      }
    };
    await read();
    for (const write of WRITES) {
      await see(client.call(...write));
      await read();
    }
  },

  async large({ client, connect, see }) {
    const other = await connect();
    const value = 'large '.repeat(180_000);
    await see(client.set('large', value));
    await see(client.get('large'));
    await see(other.get('large'));
    await see(Promise.all([other.get('large'), other.get('none'), other.strlen('large'), other.get('large')]));
    await see(client.multi().get('large').append('large', 'r').get('large').exec());
    await see(other.get('large'));
  },
};

function library(name, Redis, options) {
  return {
    name,
    sessions,
    connectionsPerReader: CONNECTIONS_PER_READER,
    async connect(port) {
      const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: null, ...options });
      client.on('error', () => {}); // told by the commands too
      await client.connect();
      return client;
    },
    async flush(client) {
      await client.flushall();
      await client.script('FLUSH');
    },
    close: (client) => client.disconnect(),
  };
}

export const libraries = [
  library('ioredis 5, RESP2', Redis5, {}),
  library('ioredis 6, RESP2', Redis6, { protocol: 2 }),
  library('ioredis 6, RESP3', Redis6, { protocol: 3 }),
];
