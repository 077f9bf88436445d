"""What a person does in Slack, and what Slack does with the app's answer."""

import re
from typing import Any

from sandbox import company
from sandbox.company import Channel, Person
from sandbox.slack import methods_views, payloads
from sandbox.slack.delivery import Answer, Dispatcher
from sandbox.slack.errors import SlackError
from sandbox.slack.manifest import SlashCommand
from sandbox.slack.records import NOT_STATEFUL, Hook, Message, View, find_element
from sandbox.slack.replies import post_reply
from sandbox.slack.state import NoSuchOptionError, completed, entry_errors, state_field
from sandbox.slack.workspace import Workspace

Json = Any
Result = dict[str, Json]


class RefusedError(Exception):
    """The person cannot do this here: an error word and an HTTP status."""

    def __init__(self, error: str, status: int = 404) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


class People:
    """Carries out what people do; each deed waits for the app's acknowledgement."""

    def __init__(self, world: Workspace, dispatcher: Dispatcher) -> None:
        self._world = world
        self._dispatcher = dispatcher

    # words

    async def say(self, user: str, channel_id: str, text: str, thread_ts: str | None) -> Result:
        """Write in a channel: a command, a mention or just a message."""
        person, channel = self.person(user), self._place(user, channel_id)
        if channel.archived:
            raise RefusedError("is_archived", 409)
        word, _, rest = text.strip().partition(" ")
        for command in self._world.manifest.commands:
            if word == command.command:
                return await self._command(person, channel, command, rest.strip())
        if word.startswith("/"):
            self._notice(user, f"{word} is not a valid command.")
            return {"ok": False, "error": "unknown_command"}
        if thread_ts is not None and (channel.id, thread_ts) not in self._world.messages:
            raise RefusedError("thread_not_found")
        named = re.sub(rf"@{company.APP_NAME}\b", f"<@{company.BOT_USER_ID}>", text, flags=re.IGNORECASE)
        message = Message(channel.id, self._world.new_ts(), user, self._escaped(named), thread_ts=thread_ts)
        self._world.add(message)
        if channel.im_user is not None:
            await self._dispatcher.send_event(payloads.direct_message(self._world, message))
        elif f"<@{company.BOT_USER_ID}>" in message.text:
            await self._dispatcher.send_event(payloads.app_mention(self._world, message))
        return {"ok": True, "ts": message.ts}

    def _escaped(self, text: str) -> str:
        def name(found: re.Match[str]) -> str:
            for person in self._world.people.values():
                if person.name == found.group(1):
                    return f"<@{person.id}>"
            return found.group(0)

        return re.sub(r"(?<![\w<])@([a-z][\w.-]*)", name, text)

    async def _command(self, person: Person, channel: Channel, command: SlashCommand, text: str) -> Result:
        if command.should_escape:
            text = re.sub(r"<@(U\w+)>", self._with_name, self._escaped(text))
        parcel, hook = payloads.slash_command(self._world, person, channel, command.command, text)
        answer = await self._dispatcher.send(parcel)
        error = None if answer.ok else answer.error
        if answer.ok and answer.body is not None:
            try:
                self._command_reply(person, hook, f"{command.command} {text}".strip(), answer.body)
            except SlackError:
                error = "invalid_command_response"
        if error is None:
            return {"ok": True}
        self._notice(person.id, f'{command.command} failed with the error "{error}"')
        return {"ok": False, "error": error}

    def _with_name(self, found: re.Match[str]) -> str:
        person = self._world.people.get(found.group(1))
        return f"<@{person.id}|{person.name}>" if person else found.group(0)

    def _command_reply(self, person: Person, hook: Hook, typed: str, body: Json) -> None:
        reply = body if isinstance(body, dict) else {"text": str(body)}
        if not reply:
            return
        if reply.get("response_type") == "in_channel":
            self._world.add(Message(hook.channel, self._world.new_ts(), person.id, typed))
        post_reply(self._world, hook, reply)

    # clicks

    async def act(self, user: str, given: dict[str, Json]) -> Result:
        """Use an element of a message, a modal or the Home tab."""
        person = self.person(user)
        holder = self._holder(user, given)
        blocks = holder.blocks if isinstance(holder, Message) else holder.content["blocks"]
        element = find_element(blocks, str(given.get("block_id")), str(given.get("action_id")))
        if element is None or element["type"] == "image":
            raise RefusedError("no_such_element")
        act = self._act(holder, element, str(given["block_id"]), given)
        if isinstance(holder, Message):
            parcel = payloads.message_action(self._world, person, holder, act)
        else:
            parcel = payloads.view_action(self._world, person, holder, act)
        return self._outcome(user, await self._dispatcher.send(parcel))

    def _holder(self, user: str, given: dict[str, Json]) -> Message | View:
        if given.get("view_id"):
            view = self._world.views.get(str(given["view_id"]))
            if view is None or view.user != user:
                raise RefusedError("no_such_view")
            return view
        message = self._world.messages.get((str(given.get("channel")), str(given.get("ts"))))
        if message is None or not message.app or not self._world.may_see(user, message):
            raise RefusedError("no_such_message")
        return message

    def _act(
        self, holder: Message | View, element: dict[str, Json], block_id: str, given: dict[str, Json]
    ) -> Result:
        act: Result = {
            key: element[key] for key in ("type", "action_id", "text", "style", "value") if key in element
        }
        act |= {"block_id": block_id, "action_ts": self._world.new_ts()}
        if element["type"] == "button":
            return act
        name = state_field(element["type"])
        try:
            state = completed(element, given.get(name, given.get("value")))
        except NoSuchOptionError:
            raise RefusedError("no_such_option") from None
        if element["type"] not in NOT_STATEFUL:
            values = holder.state if isinstance(holder, Message) else holder.values
            values.setdefault(block_id, {})[element["action_id"]] = state
        return act | {name: state[name]}

    def _outcome(self, user: str, answer: Answer) -> Result:
        if answer.ok:
            return {"ok": True}
        if answer.status == "timeout":
            self._notice(user, f"{company.APP_NAME} took too long to answer")
        else:
            self._notice(user, f"{company.APP_NAME} could not be reached or failed ({answer.status})")
        return {"ok": False, "error": answer.error}

    # modals

    async def submit(self, user: str, view_id: str, values: dict[str, Json]) -> Result:
        """Submit a modal; empty required fields never reach the app."""
        person, view = self.person(user), self._open_modal(user, view_id)
        if view.content.get("submit") is None:
            raise RefusedError("no_submit_button")
        self._enter(view, values)
        errors = entry_errors(view.content["blocks"], view.values)
        if errors:
            return {"ok": False, "errors": errors}
        answer = await self._dispatcher.send(payloads.view_submission(self._world, person, view))
        if not answer.ok:
            self._notice(user, "We had some trouble connecting. Try again?")
            return {"ok": False, "error": answer.error}
        try:
            return self._after_submit(view, answer.body)
        except SlackError as refusal:
            self._notice(user, "We had some trouble connecting. Try again?")
            return {"ok": False, "error": refusal.error, "detail": refusal.more}

    def _enter(self, view: View, values: dict[str, Json]) -> None:
        for block_id, actions in values.items():
            if not isinstance(actions, dict):
                raise RefusedError("invalid_values", 400)
            for action_id, given in actions.items():
                element = find_element(view.content["blocks"], str(block_id), str(action_id))
                if element is None or element["type"] in NOT_STATEFUL:
                    raise RefusedError("no_such_element")
                try:
                    view.values.setdefault(block_id, {})[action_id] = completed(element, given)
                except NoSuchOptionError:
                    raise RefusedError("no_such_option") from None

    def _after_submit(self, view: View, body: Json) -> Result:
        reply = body if isinstance(body, dict) else {}
        action = reply.get("response_action")
        if action == "errors":
            return self._errors(view, reply.get("errors"))
        if action == "clear":
            methods_views.clear_modals(self._world, view.user)
        elif action in ("update", "push"):
            self._new_content(view, str(action), reply.get("view"))
        elif action is not None:
            raise SlackError("invalid_response_action")
        elif view.id in self._world.modals.get(view.user, []):
            methods_views.pop_modal(self._world, view.user)
        top = methods_views.top_modal(self._world, view.user)
        return {"ok": True, "view": top.as_slack() if top else None}

    def _errors(self, view: View, errors: Json) -> Result:
        inputs = {block["block_id"] for block in view.content["blocks"] if block["type"] == "input"}
        if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
            raise SlackError("invalid_errors", inputs=sorted(inputs))
        return {"ok": False, "errors": errors}

    def _new_content(self, view: View, action: str, content: Json) -> None:
        keep = view.id if action == "update" else ""
        checked = methods_views.checked_view(self._world, content, ("modal",), keep)
        if action == "push":
            methods_views.push_modal(self._world, view.user, checked)
        else:
            methods_views.replace_content(self._world, view, checked)

    async def close(self, user: str, view_id: str, *, cleared: bool = False) -> Result:
        """Close a modal; the app hears of it when it asked to."""
        person, view = self.person(user), self._open_modal(user, view_id)
        asked = [view] if view.content.get("notify_on_close") else []
        if cleared or view.content.get("clear_on_close"):
            closed = methods_views.clear_modals(self._world, user)
            asked = [other for other in closed if other.content.get("notify_on_close")]
            cleared = True
        else:
            methods_views.pop_modal(self._world, user)
        for other in asked:
            parcel = payloads.view_closed(self._world, person, other, is_cleared=cleared)
            self._outcome(user, await self._dispatcher.send(parcel))
        return {"ok": True}

    def _open_modal(self, user: str, view_id: str) -> View:
        view = self._world.views.get(view_id)
        if view is None or view.user != user or view.content["type"] != "modal":
            raise RefusedError("no_such_view")
        return view

    # other doors

    async def open_home(self, user: str) -> Result:
        """Open the app's Home tab."""
        person = self.person(user)
        self._world.channels.setdefault(f"D{user}", company.direct_messages(person))
        await self._dispatcher.send_event(payloads.app_home_opened(self._world, person))
        return {"ok": True}

    async def shortcut(self, user: str, callback_id: str, channel: str | None, ts: str | None) -> Result:
        """Use a global shortcut, or one of a message."""
        person = self.person(user)
        if ts is None:
            parcel = payloads.global_shortcut(self._world, person, callback_id)
        else:
            message = self._world.messages.get((str(channel), ts))
            if message is None or not self._world.may_see(user, message):
                raise RefusedError("no_such_message")
            parcel = payloads.message_shortcut(self._world, person, callback_id, message)
        return self._outcome(user, await self._dispatcher.send(parcel))

    def person(self, user: str) -> Person:
        """An active person of the workspace."""
        person = self._world.people.get(user)
        if person is None or user == company.BOT_USER_ID:
            raise RefusedError("user_not_found")
        if person.flags.get("deleted"):
            raise RefusedError("user_is_deactivated", 403)
        return person

    def _place(self, user: str, channel_id: str) -> Channel:
        if channel_id == f"D{user}":
            return self._world.open_im(user)
        channel = self._world.channels.get(channel_id)
        if channel is None or user not in channel.members:
            raise RefusedError("channel_not_found")
        return channel

    def _notice(self, user: str, text: str) -> None:
        self._world.tell("notice", {"text": text}, user)
