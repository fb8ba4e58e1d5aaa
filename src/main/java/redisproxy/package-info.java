/**
 * redis-proxy: answers Redis reads from a strict LRU in its own memory, over HTTP and RESP.
 *
 * <h2>The path of a GET</h2>
 *
 * <pre>
 *   client
 *     │ bytes
 *     ▼
 *   {@link redisproxy.front.resp.ClientConnection#channelRead} ──► {@link redisproxy.front.resp.Session#accept}    {@link redisproxy.front.http.HttpVerticle} (router)
 *     │   a {@link redisproxy.command.RequestParser} reads requests where they lie        │
 *     │   {@link redisproxy.front.resp.OrderedReplies} keeps replies in order                         │
 *     ▼                                                                    ▼
 *   {@link redisproxy.bus.Front#lookup}   collects the lookups of all connections in one event-loop turn
 *     │ one {@link redisproxy.bus.Bus.Lookups} over the event bus
 *     ▼
 *   {@link redisproxy.cacheverticle.CacheVerticle}  the one owner of {@link redisproxy.cache.ReadThrough} and {@link redisproxy.cache.LruCache}
 *     │ hits: in the same message, at once               │ misses
 *     │                                               ▼
 *     │                                 {@link redisproxy.upstream.load.Loader}  GETRANGE and PTTL, one load per key;
 *     │                                               │ other reads: {@code ReplyLoader}
 *     │                                               │ {@link redisproxy.bus.Bus.Answers}, when they arrive
 *     ▼                                               ▼
 *   {@link redisproxy.bus.Bus.Requester#answered}   {@link redisproxy.front.resp.OrderedReplies} or {@link redisproxy.front.http.HttpExchange}
 *     │ in the order of the requests, one write for each socket
 *     ▼
 *   client
 * </pre>
 *
 * <p>A value too large to keep does not come this way: {@link redisproxy.upstream.load.ValueStream}
 * carries it from Redis to the client a piece at a time ({@link redisproxy.front.resp.ValueRelay},
 * {@link redisproxy.front.http.HttpStream}).
 *
 * <p>Requests that only Redis can answer do not either. {@link redisproxy.front.resp.SharedRoute}
 * sends short writes over a shared connection, {@link redisproxy.front.resp.DedicatedRoute} relays
 * everything else. {@link redisproxy.command.WriteInvalidation} sees every reply before it is
 * passed on, and tells the cache what was written ({@link redisproxy.bus.Bus#INVALIDATIONS}). Where
 * only Redis knows what was written, {@link redisproxy.front.resp.DedicatedReplies} holds the reply
 * until a fence has passed. {@link redisproxy.front.resp.ReadBarrier} lets a session read from the
 * cache again, also after a fence.
 *
 * <p>{@link redisproxy.cacheverticle.Coherence} keeps the cache as fresh as Redis: it follows the
 * {@link redisproxy.upstream.feed.Feed} and decides how far cached entries can be trusted.
 *
 * <p>With {@code auth.mode: own}, {@link redisproxy.front.resp.Login} checks a session's
 * credentials, and {@link redisproxy.front.resp.DedicatedGuard} keeps them from Redis. {@link
 * redisproxy.front.resp.ClientLimits} bounds how much a session may request, and {@link
 * redisproxy.front.resp.ClientIds} gives each session its id.
 *
 * <p>{@link redisproxy.Proxy} deploys the verticles and takes them down; failures become RESP
 * errors in {@code FailureReply} and HTTP statuses in {@code FailureStatus}, and nowhere else.
 *
 * <h2>Glossary</h2>
 *
 * <dl>
 *   <dt>client
 *   <dd>a program that is connected to the proxy
 *   <dt>session
 *   <dd>one RESP client's connection and its state
 *   <dt>route
 *   <dd>how a request is answered: locally, from the cache, over a shared or over a dedicated
 *       connection
 *   <dt>dedicated connection
 *   <dd>a session's own connection to Redis; the setting {@code resp.tunnel} allows it
 *   <dt>spare connection
 *   <dd>a connection to Redis that waits to become the next dedicated one
 *   <dt>shared connection
 *   <dd>a connection to Redis over which the short writes of many sessions go
 *   <dt>call
 *   <dd>a request under way on a shared connection, and the place its reply goes to
 *   <dt>query
 *   <dd>a request to Redis whose reply is the same for all sessions; it is sent over a connection
 *       that they share, and its reply is kept among the <em>last replies</em>
 *   <dt>node
 *   <dd>one Redis server, with all connections to it
 *   <dt>probe
 *   <dd>checks a node's role, and whether it lets the proxy log in
 *   <dt>read barrier
 *   <dd>keeps a session from reading a cached value that is older than what Redis has already told
 *       the session
 *   <dt>front
 *   <dd>an instance of the RESP or the HTTP verticle
 *   <dt>read
 *   <dd>a command that reads one key, with its arguments, such as {@code HGET key field}
 *   <dt>lookup
 *   <dd>a front's request to the cache for one read
 *   <dt>hit, miss
 *   <dd>a lookup that the cache answers, or does not
 *   <dt>load
 *   <dd>one request to Redis for the value of one key; a miss that finds a load of its key in
 *       flight is <em>coalesced</em> with it
 *   <dt>entry
 *   <dd>a key and what Redis replied: a value, or that the key is missing
 *   <dt>cached reply
 *   <dd>what Redis replied to a read other than GET, byte for byte
 *   <dt>invalidate
 *   <dd>to drop an entry because its key may have been written
 *   <dt>overtaken
 *   <dd>of a load: its key was invalidated while it was in flight, so it is not kept
 *   <dt>evict
 *   <dd>to drop an entry to make room
 *   <dt>expire
 *   <dd>of an entry: to be served no longer, because its time to live is over
 *   <dt>reclaim
 *   <dd>to drop expired entries that nobody looks up
 *   <dt>too large
 *   <dd>of a value: larger than {@code cache.max-value-bytes}, so it is streamed and not kept
 *   <dt>link
 *   <dd>a long-lived connection to Redis, in one database; the loads on it are the
 *       <em>pipeline</em> of that database
 *   <dt>feed
 *   <dd>the connection over which Redis tells which keys are written
 *   <dt>fence
 *   <dd>one or more PINGs on the feed; once they are answered, Redis has announced every write that
 *       it answered before
 *   <dt>verified, bypassed, unverified
 *   <dd>how far cached entries are trusted: <em>verified</em>: Redis announces every write;
 *       <em>bypassed</em>: Redis answers but announces nothing, so every read goes to Redis;
 *       <em>unverified</em>: Redis cannot be reached
 *   <dt>snapshot
 *   <dd>the file that holds the keys of the cache between a stop and the next start, which is
 *       <em>warm</em> when they are loaded from it
 *   <dt>statistics collector, reading
 *   <dd>asks every verticle for its statistics; the sum of their answers
 *   <dt>hot
 *   <dd>of a key: looked up more than others lately
 *   <dt>peek
 *   <dd>to look at an entry without counting it as a use
 *   <dt>viewer
 *   <dd>a browser that shows the dashboard
 *   <dt>outcome
 *   <dd>how a request ended, such as hit, miss or failed
 *   <dt>gate
 *   <dd>counts clients, or requests, and rejects those beyond its limit
 *   <dt>limit, rate
 *   <dd>how many requests a second are answered, for one client or for all
 *   <dt>late
 *   <dd>of the answer to a failed log-in: delayed
 * </dl>
 */
@NullMarked
package redisproxy;

import org.jspecify.annotations.NullMarked;
