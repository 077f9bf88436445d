"""The request form: every fact a person gives before anyone is asked, and its waiting rooms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.domain.change import Change, ChangeType, Impact
from bot.domain.json import Json
from bot.domain.signal import measured_instead
from bot.ports.registry import Field
from bot.ports.slack import Block
from bot.render.blocks import footer, option, rich_line, rich_list, rich_text, section
from bot.render.change_words import state_word
from bot.render.modal import Ask, Modal, ask, choice, metadata_json, modal, number_input, text_input
from bot.render.texts import escape, is_channel, is_user, shorten

_IMPACTS: Mapping[Impact, str] = {
    Impact.MODIFYING: "It modifies a running deployment",
    Impact.DESTRUCTIVE: "It deletes or stops something",
    Impact.COST: "It costs more than today",
    Impact.SECURITY: "It touches safety or access",
}
_TYPES: Mapping[ChangeType, str] = {
    ChangeType.STANDARD: "A repeated, low-risk change",
    ChangeType.NORMAL: "Reviewed before it is applied",
    ChangeType.EMERGENCY: "Restores a service now",
}


@dataclass(frozen=True)
class RequestForm:
    """What the form offers and what was already typed; `values` is keyed by block id without its suffix.

    `told`: what whoever fills it in should know first.
    """

    kinds: Sequence[tuple[str, str]]
    targets: Sequence[str]
    kind: str = ""
    target: str = ""
    fields: Sequence[Field] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()
    live: str = ""
    told: str = ""
    metadata: Mapping[str, Json] = field(default_factory=dict)
    suffix: str = ""
    redraw: bool = False
    ref: str = ""

    def block(self, name: str) -> str:
        """Return the block id of an input."""
        return f"{name}:{self.suffix}" if self.suffix else name

    def typed(self, name: str, otherwise: str = "") -> str:
        """Return what was typed into a block before."""
        return self.values.get(name, otherwise)


def render_request_form(form: RequestForm) -> Block:
    """Return the full request modal, with everything already typed kept and red pre-checks on top."""
    frame = Modal(
        "Request a change", "change.request", submit="Check and ask", metadata=metadata_json(form.metadata)
    )
    blocks = [
        *_top(form),
        *_what(form),
        *[_kind_field(form, each) for each in form.fields],
        *_people(form),
        *_facts(form),
        *_classification(form),
        footer(form.ref, "Nothing changes in Azure until it is approved and applied."),
    ]
    return modal(frame, blocks)


def _top(form: RequestForm) -> list[Block]:
    blocks: list[Block] = []
    if form.problems:
        said = [shorten(problem, 500) for problem in form.problems[:10]]
        red = "one check was red" if len(said) == 1 else f"{len(said)} checks were red"
        title = f"Not sent at the last try: {red}"
        blocks.append(rich_text(rich_line(title, bold=True), rich_list(said)))
    if form.told:
        blocks.append(section(f":warning: {escape(form.told, 1500)}"))
    if form.live:
        blocks.append(section(f"*Live now* · {escape(form.live, 600)}"))
    return blocks


def _what(form: RequestForm) -> list[Block]:
    targets = [option(alias, alias) for alias in form.targets[:100]] or [option(form.target, form.target)]
    kinds = [option(title, name) for name, title in form.kinds[:100]]
    target = choice("static_select", targets, form.typed("target", form.target))
    kind = choice("static_select", kinds, form.typed("kind", form.kind))
    return [
        ask(
            Ask(form.block("target"), "Target", "The one deployment this touches.", redraw=form.redraw),
            target,
        ),
        ask(Ask(form.block("kind"), "Kind of change", redraw=form.redraw), kind),
    ]


def _kind_field(form: RequestForm, each: Field) -> Block:
    typed = form.typed(each.block, each.initial)
    asked = Ask(form.block(each.block), each.label, each.hint, required=each.required)
    if each.options:
        words = [word for word in each.options if word][:99]
        if typed and typed not in words:
            words.insert(0, typed)
        return ask(asked, choice("static_select", [option(word, word) for word in words], typed))
    if each.is_number:
        return ask(asked, number_input(typed))
    limit = 2000 if each.is_multiline else 200
    return ask(asked, text_input(typed, limit=limit, multiline=each.is_multiline))


def _people(form: RequestForm) -> list[Block]:
    owner: Block = {"type": "users_select"}
    if is_user(form.typed("owner")):
        owner["initial_user"] = form.typed("owner")
    hint = "Answers for the deployment and attests the result; yourself only for a standard change."
    ticket = text_input(form.typed("ticket"), limit=120, placeholder="OPS-2231")
    return [
        ask(Ask(form.block("owner"), "Owner", hint, action="user"), owner),
        ask(Ask(form.block("ticket"), "Ticket"), ticket),
    ]


@dataclass(frozen=True)
class _Text:
    block: str
    label: str
    hint: str
    limit: int
    example: str
    multiline: bool = False
    required: bool = True


_TEXTS = (
    _Text("reason", "Reason", "Do not paste secrets or personal data.", 1500, "What is wrong today?", True),
    _Text("expected_cost", "Expected cost", "", 300, "+ $0 fixed; tokens as used"),
    _Text(
        "validation_signal",
        "Validation signal",
        "Measured before and after: HTTP 429, HTTP 5xx, time to response or requests, with its limit. "
        "Of other words the share of HTTP 429 is measured, and the card says so.",
        300,
        "HTTP 429 below 1 % within 30 min",
    ),
    _Text(
        "rollback_plan",
        "Rollback plan",
        "Steps a person on call can follow at 3 am, one per line.",
        1500,
        "Set the capacity back to 120.",
        True,
    ),
    _Text(
        "rollback_trigger",
        "Rollback trigger",
        "Watched each minute while the signal is measured; passed, people are told, or policy rolls back.",
        200,
        "HTTP 5xx above 2 %",
        required=False,
    ),
)


def _facts(form: RequestForm) -> list[Block]:
    return [
        ask(
            Ask(form.block(each.block), each.label, each.hint, required=each.required),
            text_input(
                form.typed(each.block), limit=each.limit, placeholder=each.example, multiline=each.multiline
            ),
        )
        for each in _TEXTS
    ]


def _classification(form: RequestForm) -> list[Block]:
    chosen = {word.strip() for word in form.typed("impact").split(",")}
    impacts = [option(words, impact.value) for impact, words in _IMPACTS.items()]
    boxes: Block = {"type": "checkboxes", "options": impacts}
    if picked := [each for each in impacts if each["value"] in chosen]:
        boxes["initial_options"] = picked
    types = [option(kind.value.capitalize(), kind.value, words) for kind, words in _TYPES.items()]
    hint = "Computed from the plan in any case; what you tick can only raise the risk tier."
    kind = choice("static_select", types, form.typed("type", ChangeType.NORMAL.value))
    return [
        ask(Ask(form.block("impact"), "Impact", hint, required=False), boxes),
        ask(Ask(form.block("type"), "Type"), kind),
        *_emergency(form),
    ]


def _emergency(form: RequestForm) -> list[Block]:
    """Return the incident, which an emergency must name, and the start, for what shall not run at once."""
    start: Block = {"type": "datetimepicker"}
    if (typed := form.typed("start_at")).isdigit():
        start["initial_date_time"] = int(typed)
    incident = text_input(form.typed("incident"), limit=200, placeholder="INC-12")
    ask_incident = Ask(
        form.block("incident"), "Incident", "An emergency must name it; others may.", required=False
    )
    ask_start = Ask(
        form.block("start_at"), "Not before", "Empty: it runs when somebody presses Apply.", required=False
    )
    return [ask(ask_incident, incident), ask(ask_start, start)]


def render_form_skeleton(
    ref: str, *, title: str = "Request a change", words: str = "Reading the live deployment …"
) -> Block:
    """Return the modal that stands there while something is read."""
    return modal(Modal(title, "change.wait", close="Close"), [section(escape(words, 600)), footer(ref)])


def render_checking(change_id: str, ref: str) -> Block:
    """Return the modal that stands there while a request's pre-checks run."""
    words = (
        "*Checking …*\nThe target, quota, limits, policy and evidence are looked at before anyone is asked. "
        "You may close this: the card is posted when every check is green."
    )
    frame = Modal(f"Checking {change_id}", "change.wait", close="Close")
    return modal(frame, [section(words), footer(ref)])


def render_submitted(change: Change, ref: str) -> Block:
    """Return the modal that says a request is on its way."""
    where = f" in <#{change.channel}>" if is_channel(change.channel) else ""
    needed = (
        "It needs no approval and can be applied now."
        if change.quorum == 0
        else f"It waits for {change.quorum} approval{'s' if change.quorum > 1 else ''}."
    )
    words = (
        f"*{state_word(change.state)}* · every check is green.\nThe card of {change.id} is{where}. {needed}"
    )
    if instead := measured_instead(change.request.validation_signal):
        words += f"\nNo metric can be read in your validation signal: the {instead} is measured instead."
    return modal(Modal(f"{change.id} is sent", "change.sent", close="Close"), [section(words), footer(ref)])
