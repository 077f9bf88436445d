/** Joins the parts: state in, events in, clicks out. */
import { api, listen, say } from "./api.js";
import { append, el } from "./dom.js";
import { ChannelFrame, intro } from "./channel.js";
import { brand, icon } from "./icons.js";
import { MessageList, avatar } from "./messages.js";
import { Composer } from "./composer.js";
import { TopBar, applyTheme, drawSidebar, savedTheme } from "./shell.js";
import { ViewDialog, ask } from "./modal.js";
import { blocks } from "./blocks.js";
import { closeMenu } from "./menu.js";
import { drop, everything, inChannel, inThread, isReply, load, messageKey, now, put, setClock, store } from "./store.js";
import { encode } from "./commands.js";
import { drawGuide, exampleFor, pointAt } from "./guide.js";
import { learn } from "./names.js";
import { toast } from "./toast.js";

const $ = (id) => document.getElementById(id);
let stopListening = () => {};
let generation = 0;
let homeKept = "";

/** What a renderer needs to know about who looks and where clicks go. */
function context(where, message) {
  const ctx = { ...store, now, unknown: (id) => learn(id, draw), files: message?.files, dispatch: (blockId, element, state, node) => act(where, blockId, element, state, node) };
  ctx.confirm = (question, node) => ask(question, ctx, node);
  return ctx;
}

function acted() {
  list.acted();
  threadList.acted();
}

async function act(where, blockId, element, state, node) {
  acted();
  const target = where.kind === "message" ? { channel: where.channel, ts: where.ts } : { view_id: where.id };
  node.setAttribute("aria-busy", "true");
  const answer = await api.action({ user: store.me, ...target, block_id: blockId, action_id: element.action_id, ...state });
  node.removeAttribute("aria-busy");
  if (!answer.ok) fail(answer.error);
}

let noticedAt = -Infinity;

/** Says an error once: when the workspace itself tells it in a notice, that is enough. */
function fail(error) {
  const from = performance.now();
  setTimeout(() => noticedAt < from - 1500 && toast(say(error)), 250);
}

async function react(message, name, remove) {
  const answer = await api.react({ user: store.me, channel: message.channel, ts: message.ts, name, ...(remove ? { remove } : {}) });
  if (!answer.ok) fail(answer.error);
}

const hooks = { context, openThread, react, shortcut: (message, id) => play(id, message) };
const list = new MessageList(hooks, "Messages");
const threadList = new MessageList({ ...hooks, inThread: true }, "Thread");
const composer = new Composer({ id: "composer", label: "Message", send: (text) => post(text), shortcut: (id) => play(id) });
const threadComposer = new Composer({ id: "thread", label: "Reply…", send: (text) => post(text, store.thread?.ts) });
const view = new ViewDialog({
  context: (v) => context({ kind: "view", id: v.id }),
  close: (v) => api.close({ user: store.me, view_id: v.id }),
  example: (v) => (store.guide ? exampleFor(v, whatIsSeen()) : null),
  submit: async (v, values) => {
    acted();
    const answer = await api.submit({ user: store.me, view_id: v.id, values });
    if (!answer.ok && !answer.errors) fail(answer.error);
    return answer;
  },
});

async function post(text, threadTs) {
  (threadTs ? threadList : list).acted();
  const channel = threadTs ? store.thread.channel : store.place.id;
  const answer = await api.say({ user: store.me, channel, text: text.startsWith("/") ? text : encode(text, store), ...(threadTs ? { thread_ts: threadTs } : {}) });
  if (!answer.ok) fail(answer.error);
  return answer.ok || answer.error !== "unreachable";
}

async function play(callbackId, message) {
  if (message) acted();
  const where = message ? { channel: message.channel, ts: message.ts } : {};
  const answer = await api.shortcut({ user: store.me, callback_id: callbackId, ...where });
  if (!answer.ok) fail(answer.error);
}

function openThread(message) {
  store.thread = { channel: message.channel, ts: message.thread_ts || message.ts };
  threadList.reset();
  drawSide();
  threadComposer.input.focus();
}

/** Brings a message into sight, in its channel. */
function reveal(message) {
  const node = list.node.querySelector(`[data-key="${CSS.escape(messageKey(message))}"]`);
  list.pinned = false;
  node?.scrollIntoView({ block: "center" });
  node?.focus({ preventScroll: true });
}

async function deed(channel, what, more) {
  const answer = await api.channel({ user: store.me, channel: channel.id, do: what, ...more });
  if (!answer.ok) fail(answer.error);
}

const frame = new ChannelFrame({ reveal, deed, composer: composer.node });
let drawn = null;

function drawChannel(toEnd) {
  const channel = store.channels.get(store.place.id);
  if (!channel) return;
  const name = channel.kind === "im" ? store.workspace.app.name : `#${channel.name}`;
  if (drawn !== `${store.me}|${channel.id}`) {
    drawn = `${store.me}|${channel.id}`;
    list.reset();
    $("main").replaceChildren(frame.top, list.node, frame.foot);
    composer.label(channel.kind === "im" ? `Message ${name}` : `Message ${name}, or type /cs`);
    composer.value = store.drafts.get(drawn) || "";
    toEnd = true;
  }
  if (frame.draw(channel)) list.intro = intro(channel);
  list.draw(inChannel(channel.id), list.intro, toEnd);
}

function drawHome() {
  const key = JSON.stringify([store.me, store.home]);
  if (drawn === "home" && homeKept === key) return;
  [drawn, homeKept] = ["home", key];
  const ctx = store.home && context({ kind: "view", id: store.home.id });
  const body = store.home ? el("div", { class: "home-blocks", "data-view-id": store.home.id }, blocks(store.home.blocks, ctx))
    : el("div", { class: "intro intro-home" }, brand(48), el("h3", {}, "Home is on its way"), el("p", { class: "muted" }, "Countersign draws this tab for each person when it is opened."));
  $("main").replaceChildren(el("header", { class: "main-head" }, el("div", { class: "main-title" }, avatar(store.workspace.app.user_id, "s"), el("h2", {}, store.workspace.app.name), el("span", { class: "app-tag" }, "APP")),
    el("p", { class: "topic" }, `Home, as ${store.people.get(store.me)?.real_name || store.me} sees it`)), el("div", { class: "home", "data-panel": "home", tabindex: 0, role: "region", "aria-label": "App home" }, body));
}

/** What the guide reads its ticks from. */
const whatIsSeen = () => ({ messages: everything(), view: view.view, world: store.world });

function drawSide() {
  const side = $("side");
  if (store.thread) {
    if (!side.contains(threadList.node)) {
      side.replaceChildren(el("section", { class: "panel thread", "aria-label": "Thread", "data-panel": "thread" },
        el("header", { class: "panel-head" }, el("div", {}, el("h2", {}, "Thread"), el("p", { class: "muted small" }, `#${store.channels.get(store.thread.channel)?.name || "message"}`)),
          el("button", { type: "button", class: "btn btn-icon btn-quiet", "aria-label": "Close the thread", onclick: closeThread }, icon("close"))), threadList.node, threadComposer.node));
    }
    threadList.draw(inThread(store.thread.channel, store.thread.ts), null);
  } else if (store.guide) drawGuide(side, { run: runStep, close: () => setGuide(false), ...whatIsSeen() });
  else side.replaceChildren();
  side.hidden = !store.thread && !store.guide;
  $("app").classList.toggle("has-side", !side.hidden);
  $("app").classList.toggle("has-thread", Boolean(store.thread));
  topbar.draw();
}

function closeThread() {
  store.thread = null;
  $("side").replaceChildren();
  drawSide();
  composer.input.focus();
}

function setGuide(on) {
  store.guide = on;
  localStorage.setItem("countersign.guide", on ? "on" : "off");
  if (on) store.thread = null;
  drawSide();
}

const sideHooks = { go, actAs };

function draw(toEnd) {
  if (store.place.kind === "home") drawHome();
  else drawChannel(toEnd);
  drawSidebar(sideHooks);
  drawSide();
}

function remember() {
  const where = store.place.kind === "home" ? "home" : store.place.id;
  history.replaceState(null, "", `?as=${encodeURIComponent(store.me)}&at=${encodeURIComponent(where)}`);
}

function keepDraft() {
  if (drawn && drawn !== "home") store.drafts.set(drawn, composer.value);
}

function go(place) {
  closeMenu();
  keepDraft();
  store.place = place;
  store.unread.delete(place.id);
  if (store.thread && store.thread.channel !== place.id) {
    store.thread = null;
    $("side").replaceChildren();
  }
  remember();
  draw(true);
  if (place.kind === "home") api.home(store.me).then((answer) => answer.ok || toast(say(answer.error)));
  else composer.input.focus();
}

/** Sees the workspace as another person: listens first, reads second, so that nothing falls between. */
async function actAs(user, place) {
  closeMenu();
  keepDraft();
  const mine = (generation += 1);
  const stream = openStream(user);
  await stream.opened;
  const state = await api.state(user);
  if (mine !== generation || !state.workspace) {
    stream.stop();
    if (mine === generation) toast(say(state.error));
    return false;
  }
  stopListening();
  stopListening = stream.stop;
  view.hide();
  load(state, user);
  store.thread = null;
  store.unread.clear();
  $("side").replaceChildren();
  choosePlace(place);
  drawn = null;
  remember();
  draw(true);
  view.show(state.view);
  stream.flow();
  if (store.place.kind === "home") api.home(user);
  $("app").removeAttribute("aria-busy");
  return true;
}

function choosePlace(place) {
  if (place) store.place = place;
  const open = [...store.channels.values()];
  const dm = open.find((c) => c.kind === "im");
  if (store.place.kind === "channel" && !store.channels.has(store.place.id)) {
    const wasDm = String(store.place.id || "").startsWith("D");
    store.place = { kind: "channel", id: (wasDm && dm ? dm : open.find((c) => c.kind === "channel") || dm)?.id };
  }
}

/** An event stream that holds its events back until `flow()`. */
function openStream(user) {
  let waiting = [];
  let broken = false;
  let opened;
  const stream = { opened: new Promise((resolve) => { opened = resolve; }) };
  setTimeout(() => opened(), 1500);
  stream.stop = listen(user, (kind, data) => (waiting ? waiting.push([kind, data]) : onEvent(kind, data)), async (up) => {
    opened();
    if (waiting) return;
    store.linked = up;
    topbar.draw();
    if (up && broken) await refresh(user);
    broken = !up;
  });
  stream.flow = () => {
    const held = waiting;
    waiting = null;
    store.linked = true;
    for (const [kind, data] of held) onEvent(kind, data);
  };
  return stream;
}

/** Reads everything again after the stream was lost. */
async function refresh(user) {
  const state = await api.state(user);
  if (!state.workspace || user !== store.me) return;
  load(state, user);
  choosePlace();
  draw();
  view.show(state.view);
}

async function newPlace(channel) {
  const user = store.me;
  const state = await api.state(user);
  if (!state.channels || user !== store.me) return;
  for (const c of state.channels) store.channels.set(c.id, c);
  for (const message of state.messages?.[channel] || []) put(message);
  if (store.channels.has(channel)) draw();
}

function onMessage(message) {
  const fresh = put(message);
  const here = store.place.kind === "channel" && store.place.id === message.channel;
  const counts = fresh && !here && (!isReply(message) || message.ephemeral_to) && message.user !== store.me;
  if (counts) store.unread.set(message.channel, (store.unread.get(message.channel) || 0) + 1);
  if (!store.channels.has(message.channel)) newPlace(message.channel);
  else draw(fresh && here && message.user === store.me);
}

let noticeCount = 0;

function onNotice({ text }) {
  noticedAt = performance.now();
  if (store.place.kind !== "channel" || document.querySelector("dialog[open]")) toast(text);
  if (store.place.kind !== "channel") return;
  const ts = (now().getTime() / 1000 + (noticeCount += 1) / 1e6).toFixed(6);
  put({ channel: store.place.id, ts, thread_ts: null, user: "USLACKBOT", app: false, text, blocks: [], ephemeral_to: store.me, edited: false, reply_count: 0, files: [] });
  draw();
}

const HANDLERS = {
  message: onMessage,
  message_changed: onMessage,
  message_deleted: ({ channel, ts }) => {
    drop(channel, ts);
    draw();
  },
  view: (data) => {
    view.show(data.view);
    drawSide();
  },
  home: (data) => {
    store.home = data.view;
    draw();
  },
  clock: (data) => {
    setClock(data);
    if (drawn) draw();
    topbar.draw();
  },
  notice: onNotice,
  channel: (data) => {
    if (!store.channels.has(data.id)) return newPlace(data.id);
    store.channels.set(data.id, data);
    return draw();
  },
  channel_gone: ({ id }) => {
    store.channels.delete(id);
    store.messages.delete(id);
    if (store.thread?.channel === id) closeThread();
    if (store.place.id === id) go({ kind: "channel", id: firstChannel() });
    else draw();
  },
  connection: (data) => {
    store.connected = data.connected;
    topbar.draw();
  },
};
const onEvent = (kind, data) => HANDLERS[kind]?.(data);

async function advance(seconds, node) {
  acted();
  node?.setAttribute("aria-busy", "true");
  const answer = await api.advance(seconds);
  node?.removeAttribute("aria-busy");
  if (answer.offset_seconds === undefined) toast(say(answer.error));
  else onEvent("clock", answer);
}

const firstChannel = () => (store.channels.has("C0OPS") ? "C0OPS" : [...store.channels.values()].find((c) => c.kind === "channel")?.id);

/** Where the guide lies over the messages instead of beside them. */
const NARROW = matchMedia("(max-width: 1060px)");

async function runStep(step) {
  const place = { kind: "channel", id: store.place.kind === "channel" && store.place.id?.startsWith("C") ? store.place.id : firstChannel() };
  if (step.as && step.as !== store.me) {
    if (!(await actAs(step.as, place))) return;
  } else if (store.place.kind !== "channel" || store.place.id !== place.id) go(place);
  if (step.trouble) {
    const answer = await api.trouble(step.trouble);
    if (!answer.ok) toast(say(answer.error));
  }
  if (step.advance) await advance(step.advance);
  if (NARROW.matches) store.guide = false;
  drawSide();
  if (step.fill) composer.fill(step.fill);
  if (step.find && !pointAt(step, list.node, everything())) toast("No card here has that button yet: do the step before this one first.", "info");
}

const topbar = new TopBar({ advance, guide: () => setGuide(!(store.guide && !store.thread)) });

async function start() {
  applyTheme(savedTheme());
  store.guide = localStorage.getItem("countersign.guide") !== "off";
  const asked = new URLSearchParams(location.search);
  const at = asked.get("at");
  const place = at === "home" ? { kind: "home", id: "home" } : { kind: "channel", id: at || "C0OPS" };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && store.thread && !document.querySelector("dialog[open]")) closeThread();
  });
  setInterval(() => topbar.tick(), 1000);
  if (!(await actAs(asked.get("as") || "U0ALICE", place)) && !store.me) {
    append($("main"), [el("div", { class: "intro intro-home" }, brand(48), el("h3", {}, "The simulated Slack does not answer"), el("p", { class: "muted" }, "Start it with make demo, then reload this page."))]);
  }
}

start();
