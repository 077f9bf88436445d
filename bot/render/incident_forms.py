"""The forms of an incident: declare, status update, severity, lead, resolve, and which timeline."""

from collections.abc import Mapping, Sequence

from bot.domain.incident import LONGEST_TITLE, Incident, Severity
from bot.domain.json import canonical
from bot.ports.slack import Block
from bot.render.blocks import footer, option, section
from bot.render.incident_view import lead_words, severity_words, title_words
from bot.render.modal import Ask, Modal, ask, choice, modal, text_input
from bot.render.texts import count, escape, one_line

WORDS = 3000
_SEVERITIES = {
    Severity.SEV1: "nobody can work",
    Severity.SEV2: "many are held up",
    Severity.SEV3: "some are held up",
    Severity.SEV4: "a nuisance",
}


def render_declare_form(aliases: Sequence[str], values: Mapping[str, str], ref: str) -> Block:
    """Return the modal `incident.declare`, filled with what is known: title, target, severity, channel, origin."""
    targets = [option(alias, alias) for alias in sorted(aliases)[:100]]
    kept = {name: values[name] for name in ("channel", "origin") if values.get(name)}
    said = (
        "It gets a channel, a card and evidence at once. While it is open, only emergency changes run on its "
        "targets; nothing is changed by declaring it."
    )
    picked = [
        ask(
            Ask("target", "Target", "More can be added later.", required=False),
            choice("static_select", targets, values.get("target", "")),
        )
    ]
    ways = [
        option("This is a drill", "drill", "Labelled, and counted nowhere"),
        option("Declare another", "anyway", "Although one was declared on the target just now"),
    ]
    boxes: Block = {"type": "checkboxes", "options": ways}
    return modal(
        Modal("Declare an incident", "incident.declare", submit="Declare", metadata=canonical(kept).decode()),
        [
            section(said),
            ask(
                Ask("title", "What do people notice?", action="text"),
                text_input(values.get("title", ""), limit=LONGEST_TITLE, placeholder="Answers are slow"),
            ),
            *(picked if targets else []),
            ask(Ask("severity", "Severity", required=False), _severities(values.get("severity", ""))),
            ask(Ask("ways", "How", required=False), boxes),
            footer(ref, "It is kept in the audit trail."),
        ],
    )


def _severities(chosen: str) -> Block:
    options = [option(each.value, each.value, words) for each, words in _SEVERITIES.items()]
    return choice("static_select", options, chosen)


def render_update_form(incident: Incident, words: str, next_: str, ref: str) -> Block:
    """Return the modal `incident.update`."""
    return modal(
        _frame(incident, "Status update", "incident.update", "Post"),
        [
            section(_about(incident)),
            ask(
                Ask(
                    "words", "What is the state?", "Posted in the channel; no secrets, please.", action="text"
                ),
                text_input(words, limit=WORDS, multiline=True),
            ),
            ask(
                Ask("next", "Next update in", "30m, 2h or 18:00; empty is the usual.", required=False),
                text_input(next_, limit=40),
            ),
            footer(ref, "It is kept in the audit trail."),
        ],
    )


def render_severity_form(incident: Incident, ref: str) -> Block:
    """Return the modal `incident.severity`."""
    chosen = _severities(incident.severity.value)
    return modal(
        _frame(incident, "Severity", "incident.severity", "Set"),
        [section(_about(incident)), ask(Ask("severity", "Severity"), chosen), footer(ref)],
    )


def render_lead_form(incident: Incident, ref: str) -> Block:
    """Return the modal `incident.lead`."""
    hint = "While it is open, emergency changes on its targets need this person's consent."
    person: Block = {"type": "users_select"}
    if incident.lead:
        person["initial_user"] = incident.lead
    return modal(
        _frame(incident, "Lead", "incident.lead", "Name"),
        [section(_about(incident)), ask(Ask("lead", "Lead", hint, action="user"), person), footer(ref)],
    )


def render_resolve_form(incident: Incident, checks: Sequence[str], words: str, ref: str) -> Block:
    """Return the modal `incident.resolve`: what is still open must be ticked before it is resolved all the same."""
    blocks = [section(_about(incident))]
    if checks:
        lines = "\n".join(f"• {escape(one_line(each), 200)}" for each in checks[:15])
        blocks.append(section(f"*Still open: {count(len(checks), 'thing')}* :warning:\n{lines}"))
        sure: Block = {"type": "checkboxes", "options": [option("Resolve all the same", "anyway")]}
        blocks.append(ask(Ask("anyway", "Although this is open"), sure))
    else:
        blocks.append(
            section("*Nothing is open* · no change runs or waits for its owner. :white_check_mark:")
        )
    said = "A last snapshot is taken, the timeline is posted, and ordinary changes run again. It is not opened again."
    return modal(
        _frame(incident, "Resolve", "incident.resolve", "Resolve"),
        [
            *blocks,
            ask(
                Ask("resolution", "How was it resolved?", said, action="text"),
                text_input(words, limit=WORDS, multiline=True),
            ),
            footer(ref, "It is kept in the audit trail."),
        ],
    )


def render_pick_form(incidents: Sequence[Incident], metadata: str, words: str, ref: str) -> Block:
    """Return the modal `incident.pin`: to which open incident a message belongs."""
    options = [option(f"{each.id} · {each.title}", each.id) for each in incidents[:100]]
    return modal(
        Modal("Add to a timeline", "incident.pin", submit="Add", metadata=metadata),
        [
            section(f"“{escape(one_line(words), 600)}”"),
            ask(Ask("incident", "Incident"), choice("static_select", options, options[0]["value"])),
            footer(ref, "It is kept with its digest."),
        ],
    )


def _frame(incident: Incident, title: str, callback_id: str, submit: str) -> Modal:
    metadata = canonical({"incident": incident.id}).decode()
    return Modal(f"{incident.id} · {title}"[:24], callback_id, submit=submit, metadata=metadata)


def _about(incident: Incident) -> str:
    return (
        f"*{incident.id}* · {title_words(incident)}\n{severity_words(incident)} · lead {lead_words(incident)}"
    )
