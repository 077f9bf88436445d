"""Settings: what is wrong with them is said by name, with the fix, and secrets never show."""

from pathlib import Path
from typing import Any

import pytest

from bot.domain.errors import InvalidInputError
from bot.domain.note import Signer
from handlers.settings import Settings, read_settings

GOOD = {
    "SLACK_BOT_TOKEN": "xoxb-sandbox-0123456789",
    "SLACK_APP_TOKEN": "xapp-sandbox-0123456789",
    "SLACK_SIGNING_SECRET": "0123456789abcdef" * 2,
    "COUNTERSIGN_TRANSPORT": "http",
}
LOCAL = {
    "COUNTERSIGN_SLACK_API_URL": "http://127.0.0.1:1/api/",
    "COUNTERSIGN_ARM_URL": "http://localhost:2",
    "COUNTERSIGN_LOGS_URL": "http://[::1]:2",
}
SANDBOX = {"COUNTERSIGN_AZURE_IDENTITY": "sandbox", "COUNTERSIGN_AZURE_EXECUTOR_IDENTITY": "sandbox"}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)


def of(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return read_settings()


def test_the_defaults_are_those_of_the_reference() -> None:
    settings = read_settings()
    assert settings.database_url == "sqlite:///countersign.db"
    assert (settings.transport, settings.http_host, settings.http_port) == ("socket", "127.0.0.1", 3000)
    assert (settings.azure_identity, settings.azure_executor_identity) == ("managed", "managed")
    assert settings.config == Path("countersign.toml")
    assert not settings.is_sandbox


def test_the_environment_wins_over_the_file_beside_us(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("COUNTERSIGN_HTTP_PORT=4000\nCOUNTERSIGN_HTTP_HOST=127.0.0.2\nOTHER=1\n")
    settings = of(monkeypatch, COUNTERSIGN_HTTP_PORT="5000")
    assert (settings.http_port, settings.http_host) == (5000, "127.0.0.2")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COUNTERSIGN_HTTP_PORT", "many"),
        ("COUNTERSIGN_HTTP_PORT", "70000"),
        ("COUNTERSIGN_TRANSPORT", "pigeon"),
        ("COUNTERSIGN_AZURE_IDENTITY", "default"),
    ],
)
def test_a_value_that_cannot_be_read_is_named_without_being_quoted(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(InvalidInputError, match=name) as refused:
        of(monkeypatch, **{name: value})
    assert refused.value.advice
    assert "pigeon" not in str(refused.value)


@pytest.mark.threat(1)
@pytest.mark.asvs("8.3.1")
@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxb-short"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_BOT_TOKEN": "xoxp-0123456789012"}, "SLACK_BOT_TOKEN"),
        ({"SLACK_SIGNING_SECRET": ""}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_SIGNING_SECRET": " " * 40}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_SIGNING_SECRET": "x" * 31}, "SLACK_SIGNING_SECRET"),
        ({"COUNTERSIGN_TRANSPORT": "socket", "SLACK_APP_TOKEN": ""}, "SLACK_APP_TOKEN"),
        ({"COUNTERSIGN_TRANSPORT": "socket", "SLACK_APP_TOKEN": "xoxb-0123456789012"}, "SLACK_APP_TOKEN"),
        (SANDBOX, "COUNTERSIGN_AZURE_IDENTITY"),
        ({**SANDBOX, **LOCAL, "COUNTERSIGN_OPENAI_URL": "https://x.example"}, "COUNTERSIGN_AZURE_IDENTITY"),
        (
            {**SANDBOX, **LOCAL, "COUNTERSIGN_ARM_URL": "http://127.0.0.1.evil.example"},
            "COUNTERSIGN_AZURE_IDENTITY",
        ),
    ],
)
def test_a_start_with_a_bad_setting_is_refused_by_name_with_the_fix(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], named: str
) -> None:
    settings = of(monkeypatch, **{**GOOD, **changed})
    with pytest.raises(InvalidInputError, match=named) as refused:
        settings.refuse_bad("all")
    assert refused.value.advice


def test_good_settings_start_every_role(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("all", "slack", "executor"):
        of(monkeypatch, **GOOD).refuse_bad(role)


def test_the_executor_needs_no_slack_token() -> None:
    read_settings().refuse_bad("executor")


def test_the_sandbox_is_taken_only_when_every_endpoint_is_on_loopback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings = of(monkeypatch, **GOOD, **SANDBOX, **LOCAL)
    settings.refuse_bad("all")
    assert settings.is_sandbox


@pytest.mark.threat(27)
@pytest.mark.asvs("13.2.2")
def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = of(monkeypatch, **GOOD, COUNTERSIGN_SIGNING_KEY="PRIVATE+KEY+x")
    for secret in ("xoxb-sandbox", "xapp-sandbox", "0123456789abcdef", "PRIVATE"):
        assert secret not in repr(settings) + str(settings.model_dump())


def test_several_signing_keys_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Signer.generate(f"example.com/{year}")[0] for year in (2026, 2027)]
    assert of(monkeypatch, COUNTERSIGN_SIGNING_KEY=" \n".join(keys)).signing_keys() == tuple(keys)


@pytest.mark.threat(27)
@pytest.mark.asvs("13.2.2")
def test_a_signing_key_is_read_from_a_file_nobody_else_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    key, path = Signer.generate("example.com/audit")[0], Path("signing.key")
    path.write_text(key + "\n")
    path.chmod(0o600)
    settings = of(monkeypatch, COUNTERSIGN_SIGNING_KEY="@signing.key")
    assert settings.signing_keys() == (key,)
    path.chmod(0o640)
    with pytest.raises(InvalidInputError, match="Others can read") as refused:
        settings.signing_keys()
    assert "chmod 600" in refused.value.advice


@pytest.mark.threat(27)
@pytest.mark.asvs("13.2.2")
def test_signing_keys_stand_in_several_files_and_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [Signer.generate(f"example.com/{number}") for number in range(4)]
    texts = {"old.key": made[0][1], "now.key": f"{made[1][0]}\n", "next.key": f"{made[2][0]}\n"}
    for name, text in texts.items():
        Path(name).write_text(text)
        Path(name).chmod(0o600)
    settings = of(monkeypatch, COUNTERSIGN_SIGNING_KEY=f"@old.key  @now.key\n@next.key {made[3][0]}")
    assert settings.signing_keys() == (made[1][0], made[2][0], made[3][0])
    assert settings.public_keys() == (made[0][1],)
    Path("next.key").chmod(0o644)
    with pytest.raises(InvalidInputError, match=r"Others can read the key file next\.key"):
        settings.signing_keys()


@pytest.mark.parametrize("value", ["", "  ", "secret", "@missing.key"])
def test_no_signing_key_is_refused_with_the_fix_and_without_quoting_it(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        of(monkeypatch, COUNTERSIGN_SIGNING_KEY=value).signing_keys()
    assert "countersign audit keygen" in refused.value.advice
    assert "secret" not in str(refused.value)


@pytest.mark.threat(27)
@pytest.mark.asvs("13.2.2")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660, 0o666])
def test_a_start_beside_settings_that_others_can_read_is_refused_with_the_chmod(
    monkeypatch: pytest.MonkeyPatch, mode: int
) -> None:
    path = Path(".env")
    path.write_text("COUNTERSIGN_HTTP_PORT=4000\n", encoding="utf-8")
    path.chmod(mode)
    settings = of(monkeypatch, **GOOD)
    for role in ("all", "slack", "executor"):
        with pytest.raises(InvalidInputError, match=rf"\.env .*mode {mode:o}") as refused:
            settings.refuse_bad(role)
        assert refused.value.advice == "Run `chmod 600 .env`."
    path.chmod(0o600)
    settings.refuse_bad("all")


def test_the_pretended_world_starts_whoever_can_read_its_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(".env")
    path.write_text("COUNTERSIGN_HTTP_PORT=4000\n", encoding="utf-8")
    path.chmod(0o644)
    of(monkeypatch, **{**GOOD, **SANDBOX, **LOCAL}).refuse_bad("all")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"COUNTERSIGN_ALERT_TENANT": "t-1"}, "COUNTERSIGN_ALERT_AUDIENCE is missing"),
        ({"COUNTERSIGN_ALERT_AUDIENCE": "api://x"}, "COUNTERSIGN_ALERT_TENANT is missing"),
        (
            {"COUNTERSIGN_ALERT_SECRET": "0123456789abcdef"},
            "COUNTERSIGN_ALERT_SECRET is for the sandbox only.",
        ),
        (
            {"COUNTERSIGN_ALERT_AUTHORITY": "http://login.example"},
            "COUNTERSIGN_ALERT_AUTHORITY is not an https",
        ),
        (LOCAL | SANDBOX | {"COUNTERSIGN_ALERT_SECRET": "short"}, "COUNTERSIGN_ALERT_SECRET is too short."),
    ],
)
def test_alerts_are_set_up_whole_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidInputError) as refused:
        of(monkeypatch, **GOOD, **values).refuse_bad("all")
    assert str(refused.value).startswith(words)


def test_where_nothing_says_who_sends_alerts_none_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not of(monkeypatch, **GOOD).takes_alerts
    assert of(monkeypatch, COUNTERSIGN_ALERT_TENANT="t-1", COUNTERSIGN_ALERT_AUDIENCE="api://x").takes_alerts
