"""A change's state in words: what the first line of its card, its summary and its list row say."""

from collections.abc import Mapping
from datetime import datetime

from bot.domain.change import Change, ChangeState, Choice
from bot.domain.rounds import taken_back
from bot.render.after_words import after_lines, follows, siblings_words
from bot.render.change_view import ChangeView
from bot.render.emergency_words import beside_lines, glass_lines, start_line, start_words
from bot.render.texts import count, escape, mention, one_line, when

_S = ChangeState
_EMOJI: Mapping[ChangeState, str] = {
    _S.DRAFT: "memo",
    _S.PENDING_APPROVAL: "hourglass_flowing_sand",
    _S.CHANGES_REQUESTED: "speech_balloon",
    _S.APPROVED: "white_check_mark",
    _S.SCHEDULED: "calendar",
    _S.EXECUTING: "gear",
    _S.VERIFYING: "mag",
    _S.AWAITING_ATTESTATION: "eyes",
    _S.CLOSED: "white_check_mark",
    _S.REJECTED: "no_entry",
    _S.WITHDRAWN: "wastebasket",
    _S.EXPIRED: "alarm_clock",
    _S.SUPERSEDED: "arrows_counterclockwise",
    _S.FAILED: "x",
    _S.ROLLING_BACK: "rewind",
    _S.ROLLED_BACK: "leftwards_arrow_with_hook",
}


def state_word(state: ChangeState) -> str:
    """Return the state as people read it: `Pending approval`."""
    return state.value.replace("_", " ").capitalize()


def state_detail(view: ChangeView) -> str:
    """Return what stands beside the state word, raw: `0 of 2 approvals`."""
    state, quorum, given = view.change.state, view.change.quorum, len(view.approvals)
    match state:
        case _S.DRAFT:
            return f"nobody was asked; {'a pre-check is red' if view.change.note else 'its pre-checks run'}"
        case _S.PENDING_APPROVAL:
            return f"{_count(given, quorum)}{f'; missing: {view.lacking}' if view.lacking else ''}"
        case _S.APPROVED | _S.SCHEDULED:
            glass = "glass broken, " if view.change.broke_glass_by else ""
            first = start_words(view.change) or f"{glass}{_count(given, quorum)}"
            return f"{first}; nothing has been sent to Azure yet"
        case _S.EXECUTING:
            return _executing(view)
        case _S.VERIFYING:
            return "applied; watching the validation signal"
        case _S.AWAITING_ATTESTATION:
            return "the owner confirms the evidence"
        case _S.FAILED:
            return (
                "something was written"
                if view.change.outcome.get("written")
                else "nothing was changed in Azure"
            )
        case _:
            return _ended(view)


def _ended(view: ChangeView) -> str:
    """Return how a change ended; an attestation that was waived was not given."""
    ended = _ENDED.get(view.change.state, "")
    if not view.said("waived"):
        return ended
    kept = "applied and verified" if view.change.state is _S.CLOSED else ended
    return f"{kept}; its attestation was waived"


def _executing(view: ChangeView) -> str:
    if view.change.outcome.get("doubt"):
        return "checking what happened in Azure"
    return "waiting for the pipeline that applies it" if view.is_elsewhere else "Azure is applying it"


def _count(given: int, quorum: int) -> str:
    return f"{given} of {count(quorum, 'approval')}" if quorum else "no approval needed"


_ENDED: Mapping[ChangeState, str] = {
    _S.CHANGES_REQUESTED: "the requester is asked to revise it",
    _S.CLOSED: "applied, verified and attested",
    _S.REJECTED: "nothing was changed",
    _S.WITHDRAWN: "nothing was changed",
    _S.EXPIRED: "nothing was changed",
    _S.SUPERSEDED: "Azure moved since the plan; nothing was sent",
    _S.ROLLING_BACK: "Azure is taking the state before back",
    _S.ROLLED_BACK: "the state before is back",
}


def state_line(view: ChangeView) -> str:
    """Return the first line of a card for mrkdwn: state in words, detail, emoji last."""
    detail = state_detail(view)
    beside = f" · {escape(detail)}" if detail else ""
    return f"*{state_word(view.change.state)}*{beside} :{_EMOJI[view.change.state]}:"


def who_line(view: ChangeView) -> str:
    """Return who asked when, the revision, and until when it stands, for mrkdwn."""
    change = view.change
    parts = [
        f"Requested by {mention(change.request.requester)} {when(change.submitted_at or change.created_at)}",
        f"revision {change.revision}{follows(change)}",
    ]
    if start := start_line(change):
        parts.append(start)
    if deadline := _deadline(view):
        parts.append(deadline)
    return " · ".join(parts)


def _deadline(view: ChangeView) -> str:
    change = view.change
    match change.state:
        case _S.PENDING_APPROVAL | _S.CHANGES_REQUESTED | _S.APPROVED | _S.SCHEDULED if change.expires_at:
            return f"expires {when(change.expires_at)}"
        case _S.VERIFYING if change.window_ends_at:
            return f"watched until {when(change.window_ends_at)}"
        case _:
            return ""


def history(view: ChangeView) -> list[str]:
    """Return what people and Azure did, oldest first, one mrkdwn line each."""
    change = view.change
    lines = [_vote_line(vote.choice, vote.person, vote.at, vote.reason) for vote in view.votes]
    lines += [*taken_back_lines(change), *glass_lines(change)]
    if change.decided_by and not view.votes and not change.broke_glass_by:
        lines.append(f"{state_word(change.state)} by {mention(change.decided_by)}")
    if change.apply_asked_by:
        lines.append(f"{mention(change.apply_asked_by)} asked to apply it")
    if change.executed_at:
        lines.append(f"Applied {when(change.executed_at)}{_siblings(view)}")
    lines += [*beside_lines(change), *after_lines(view)]
    why = view.said("why") or change.note
    told = {view.queue_note, *(vote.reason for vote in view.votes)}
    if view.said("waived"):
        told.add(change.note)
    if why and why not in told and not change.outcome.get("doubt"):
        lines.append(f"Why: {escape(one_line(why), 600)}")
    return lines


def taken_back_lines(change: Change) -> list[str]:
    """Return who took their approval back, when and why, one mrkdwn line each."""
    return [
        f"{mention(each.by)} took their approval back {when(each.at)} · “{escape(one_line(each.reason), 300)}”"
        for each in taken_back(change)
    ]


def _siblings(view: ChangeView) -> str:
    words = siblings_words(view.change)
    return f" · {escape(words, 500)}" if words else ""


def _vote_line(choice: Choice, person: str, at: datetime, reason: str) -> str:
    done = {
        Choice.APPROVE: "approved",
        Choice.REJECT: "rejected",
        Choice.REQUEST_CHANGES: "asked for changes",
    }
    said = f" · “{escape(one_line(reason), 300)}”" if reason.strip() else ""
    return f"{mention(person)} {done[choice]} {when(at)}{said}"


def _lower(action: str) -> str:
    return action[:1].lower() + action[1:].replace(": ", ", ", 1)


def summary_sentence(view: ChangeView) -> str:
    """Return the card as one sentence, the state word first: what notifications and screen readers say."""
    change = view.change
    detail = state_detail(view)
    return (
        f"{state_word(change.state)}: {change.id}, {escape(_lower(view.action), 300)} "
        f"({escape(one_line(change.environment), 60)}){f'; {escape(detail)}' if detail else ''}. "
        f"Owner {mention(change.request.owner)}, ticket {escape(one_line(change.request.ticket), 120)}."
    )
