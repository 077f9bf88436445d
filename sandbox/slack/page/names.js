/** The names of channels that are mentioned: asked for, once each, where the page does not know one. */
import { api } from "./api.js";
import { namesOf, store } from "./store.js";

const asked = new Set();

export async function learn(id, draw) {
  if (asked.has(id)) return;
  asked.add(id);
  store.names = namesOf(await api.state(store.me));
  if (store.names.has(id)) draw();
}
