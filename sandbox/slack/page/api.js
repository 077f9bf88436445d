/** What the page may ask the simulated Slack. */

async function call(method, path, body) {
  try {
    const answer = await fetch(path, {
      method, headers: body ? { "content-type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined, cache: "no-store",
    });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok && data.ok === undefined) return { ...data, ok: false, error: data.error || `http_${answer.status}` };
    return data;
  } catch {
    return { ok: false, error: "unreachable" };
  }
}

export const api = {
  state: (user) => call("GET", `/ui/state?as=${encodeURIComponent(user)}`),
  say: (body) => call("POST", "/ui/say", body),
  action: (body) => call("POST", "/ui/action", body),
  submit: (body) => call("POST", "/ui/submit", body),
  close: (body) => call("POST", "/ui/close", body),
  shortcut: (body) => call("POST", "/ui/shortcut", body),
  react: (body) => call("POST", "/ui/react", body),
  channel: (body) => call("POST", "/ui/channel", body),
  home: (user) => call("POST", "/ui/home", { user }),
  advance: (seconds) => call("POST", "/clock", { advance_seconds: seconds }),
  trouble: (kind) => call("POST", "/ui/trouble", { kind }),
};

const KINDS = ["message", "message_changed", "message_deleted", "view", "home", "clock", "notice", "connection", "channel", "channel_gone"];

/** Opens the event stream of one person; returns a function that closes it. */
export function listen(user, onEvent, onLink) {
  const source = new EventSource(`/ui/events?as=${encodeURIComponent(user)}`);
  for (const kind of KINDS) source.addEventListener(kind, (event) => onEvent(kind, JSON.parse(event.data)));
  source.addEventListener("open", () => onLink(true));
  source.addEventListener("error", () => onLink(false));
  return () => source.close();
}

const SAID = {
  unreachable: "The simulated Slack does not answer. Is it still running?",
  no_such_element: "That button is no longer on the card. Look at the card as it is now.",
  operation_timeout: "Countersign took longer than 3 seconds to answer. Try it again.",
};
export const say = (error) => SAID[error] || `That did not work: ${String(error || "unknown error").replaceAll("_", " ")}. Try it again; if that does not help, reload this page.`;
