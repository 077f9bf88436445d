/** What the composer offers while one types: command lines, the app and the people. */

const LINES = [
  ["status", "[target]", "what is deployed now, read-only"], ["show", "<target>", "every fact of one target"], ["metrics", "<target> [--last 6h] [--vs 7d|baseline|CHG-n]", "behaviour against days before or a kept baseline"], ["cost", "<target>", "its eight drivers, as estimates"], ["evidence", "<target> [--change CHG-n]", "a pack for reviews, with its proof"],
  ["quota", "[account|region]", "what is left to scale with"],
  ["drift", "[target] [--against iac|runbook|policy|app|snapshot]", "what differs from what was declared, since when, by whom"],
  ["drift except", "<target> <field>", "let a field differ until a day"], ["drift lift", "<target> <field>", "end an exception early"], ["compare", "<target> <target>", "two side by side, and what lies idle"],
  ["lineage", "<target>", "base model, job, checkpoint, deployments"], ["baseline", "<target>", "keep how it is now"],
  ["change request", "[kind] [target]", "ask for a change"], ["change list", "[--mine|--state s|--target t]", "open change requests"], ["change show", "CHG-n", "one change request"], ["change why", "CHG-n", "who may decide, and why"],
  ["change approve", "CHG-n", "open the review"], ["change reject", "CHG-n", "open the review"], ["change unapprove", "CHG-n", "take your approval back"], ["change apply", "CHG-n", "send the approved plan"],
  ["change rollback", "CHG-n", "go back to the state before"], ["change withdraw", "CHG-n", "take a request back"], ["change close", "CHG-n", "attest as the owner"], ["change waive", "CHG-n", "let it end without its owner"],
  ["change comment", "CHG-n <words>", "say something without deciding"], ["change nudge", "CHG-n", "remind those who have not decided"],
  ["change request", "--from CHG-n", "take a closed change back, or ask again"], ["change release-note", "CHG-n [--share]", "what changed, as Markdown"],
  ["change break-glass", "CHG-n", "approve an emergency alone"], ["change review", "CHG-n", "review a broken glass"], ["change consent", "CHG-n", "agree to it as the lead of an incident"],
  ["incident declare", "<title> --sev n --target t", "declare an incident"], ["incident list", "", "open incidents"], ["incident severity", "n", "how bad it is"], ["incident lead", "@name", "who leads"], ["incident note", "<words>", "write on the timeline"], ["incident snapshot", "", "look now"],
  ["freeze list", "", "when nothing is applied"], ["freeze add", "<reason> --from T --to T", "freeze targets"], ["freeze lift", "FRZ-n --reason …", "end a freeze early"],
  ["approvals", "", "what waits for you"], ["audit verify", "", "prove that the trail is whole"], ["audit search", "[actor:@x] [target:t] [type:change.*] [from:7d]", "find entries of the trail"], ["audit proof", "CHG-n [--share]", "a change as a file anybody can check"], ["whoami", "", "who you are to the policy"], ["admin policy", "CHG-n", "why a change needs whom"], ["admin pairs", "", "who often approves whose changes"], ["help", "[topic]", "all commands"],
];

const rank = (a, b) => a.command.length - b.command.length;

function commandHints(text, commands) {
  const [head, ...rest] = text.split(/\s+/);
  const command = commands.find((c) => c.command === head);
  if (!command) return commands.filter((c) => c.command.startsWith(head)).sort(rank).map((c) => ({ label: c.command, usage: c.usage_hint || "", note: "Countersign", insert: `${c.command} ` }));
  if (!text.includes(" ")) return [{ label: command.command, usage: command.usage_hint || "", note: "Countersign", insert: `${command.command} ` }];
  const typed = rest.join(" ");
  return LINES.filter(([words]) => words.startsWith(typed.toLowerCase()) && words !== typed.trimEnd())
    .map(([words, usage, note]) => ({ label: `${head} ${words}`, usage, note, insert: `${head} ${words}${usage ? " " : ""}` }));
}

const names = (store) => [{ id: store.workspace.app.user_id, name: store.workspace.app.name, handle: store.workspace.app.name, note: "App" },
  ...[...store.people.values()].map((p) => ({ id: p.id, name: p.real_name, handle: p.name, note: p.title || "" }))];

/** Hints for the text left of the caret. */
export function hints(text, store) {
  const found = text.startsWith("/") ? commandHints(text, store.commands) : [];
  if (found.length) return found;
  const mention = /(^|\s)@([\p{L}][\p{L} ]{0,30})?$/u.exec(text);
  if (!mention) return [];
  const typed = (mention[2] || "").toLowerCase();
  const before = text.slice(0, text.length - typed.length - 1);
  return names(store).filter((n) => n.name.toLowerCase().startsWith(typed) && n.name.toLowerCase() !== typed.trim())
    .map((n) => ({ label: `@${n.name}`, usage: "", note: n.note, insert: `${before}@${text.startsWith("/") ? n.handle : n.name} `, person: n.id }));
}

/** The text Slack would send: names of people, the app and channels become their ids. */
export function encode(text, store) {
  let out = text.replaceAll("&", "&amp;").replace(/<(?![@#!][\w^]+(\|[^>]*)?>)/g, "&lt;");
  out = out.replace(/(<[@#!][\w^]+(?:\|[^>]*)?>)|>/g, (whole, token) => token || "&gt;");
  for (const { id, name } of names(store).sort((a, b) => b.name.length - a.name.length)) {
    const at = new RegExp(`(^|[^\\w<])@${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\w)`, "gi");
    out = out.replace(at, (_, before) => `${before}<@${id}>`);
  }
  for (const channel of store.channels.values()) {
    if (channel.kind === "channel") out = out.replace(new RegExp(`(^|\\s)#${channel.name}(?![\\w-])`, "g"), (_, before) => `${before}<#${channel.id}|${channel.name}>`);
  }
  return out;
}
