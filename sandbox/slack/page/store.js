/** What the page knows: the state of one person's workspace, and what is open. */

export const store = {
  me: "", workspace: { name: "", app: {} }, people: new Map(), usergroups: new Map(), channels: new Map(), names: new Map(), messages: new Map(),
  home: null, commands: [], shortcuts: [], transport: "http", connected: false, linked: true,
  clock: { base: Date.now(), at: Date.now(), offset: 0 },
  place: { kind: "channel", id: null }, thread: null, guide: true, unread: new Map(), drafts: new Map(),
};

/** The names of channels that may be mentioned, whoever is in them. */
export const namesOf = (state) => new Map(Object.entries(state.channel_names || {}));

const byId = (list) => new Map((list || []).map((item) => [item.id, item]));
const key = (m) => `${m.ts}|${m.ephemeral_to || ""}`;

export function setClock(clock) {
  if (!clock) return;
  store.clock = { base: clock.now ? Date.parse(clock.now) : Date.now() + (clock.offset_seconds || 0) * 1000, at: Date.now(), offset: clock.offset_seconds || 0 };
}

export const now = () => new Date(store.clock.base + Date.now() - store.clock.at);

export function load(state, me) {
  Object.assign(store, {
    me, workspace: state.workspace, people: byId(state.people), usergroups: byId(state.usergroups), channels: byId(state.channels), names: namesOf(state),
    home: state.home || null, commands: state.commands || [], shortcuts: state.shortcuts || [], transport: state.transport, connected: Boolean(state.connected), world: state.world, messages: new Map(),
  });
  for (const [channel, list] of Object.entries(state.messages || {})) for (const message of list) put({ channel, ...message });
  setClock(state.clock);
}

/** Keeps one message; true when it is new. */
export function put(message) {
  const list = store.messages.get(message.channel) || new Map();
  store.messages.set(message.channel, list);
  const fresh = !list.has(key(message));
  list.set(key(message), message);
  return fresh;
}

export function drop(channel, ts) {
  const list = store.messages.get(channel);
  for (const [k, m] of list || []) if (m.ts === ts) list.delete(k);
}

const order = (a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0);
const all = (channel) => [...(store.messages.get(channel)?.values() || [])].sort(order);
export const isReply = (m) => Boolean(m.thread_ts && m.thread_ts !== m.ts);
export const everything = () => [...store.messages.values()].flatMap((list) => [...list.values()]);
export const inChannel = (channel) => all(channel).filter((m) => !isReply(m) || m.reply_broadcast);
export const inThread = (channel, ts) => all(channel).filter((m) => m.ts === ts || m.thread_ts === ts);
export const replies = (m) => all(m.channel).filter((x) => isReply(x) && x.thread_ts === m.ts);
export const messageKey = key;
