"""The COUNTERSIGN_* and SLACK_* variables: the only place that reads the environment."""

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.domain.errors import InvalidInputError

Transport = Literal["socket", "http"]
IdentityName = Literal["managed", "workload", "cli", "sandbox"]
ENV_FILE = ".env"
ACTION_GROUPS = "461e8683-5575-4561-ac7f-899cc907d62a"  # Azure Monitor's own application, in every tenant
SHORTEST_SECRET = 16
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_NEW_KEY = (
    "Make one with `countersign audit keygen --origin <origin>`, or name its file as @path (mode 0600)."
)


class Settings(BaseSettings):
    """Every variable, with its default. Secrets never show in a representation."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", populate_by_name=True)

    slack_bot_token: SecretStr = Field(SecretStr(""), alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr = Field(SecretStr(""), alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr = Field(SecretStr(""), alias="SLACK_SIGNING_SECRET")
    config: Path = Field(Path("countersign.toml"), alias="COUNTERSIGN_CONFIG")
    database_url: str = Field("sqlite:///countersign.db", alias="COUNTERSIGN_DATABASE_URL")
    migration_database_url: str = Field("", alias="COUNTERSIGN_MIGRATION_DATABASE_URL")
    transport: Transport = Field("socket", alias="COUNTERSIGN_TRANSPORT")
    http_host: str = Field("127.0.0.1", alias="COUNTERSIGN_HTTP_HOST")
    http_port: int = Field(3000, alias="COUNTERSIGN_HTTP_PORT", ge=0, le=65535)
    slack_api_url: str = Field("https://slack.com/api/", alias="COUNTERSIGN_SLACK_API_URL")
    arm_url: str = Field("https://management.azure.com", alias="COUNTERSIGN_ARM_URL")
    logs_url: str = Field("https://api.loganalytics.io", alias="COUNTERSIGN_LOGS_URL")
    openai_url: str = Field("", alias="COUNTERSIGN_OPENAI_URL")
    azure_identity: IdentityName = Field("managed", alias="COUNTERSIGN_AZURE_IDENTITY")
    azure_client_id: str = Field("", alias="COUNTERSIGN_AZURE_CLIENT_ID")
    azure_executor_identity: IdentityName = Field("managed", alias="COUNTERSIGN_AZURE_EXECUTOR_IDENTITY")
    azure_executor_client_id: str = Field("", alias="COUNTERSIGN_AZURE_EXECUTOR_CLIENT_ID")
    signing_key: SecretStr = Field(SecretStr(""), alias="COUNTERSIGN_SIGNING_KEY")
    privacy_key: SecretStr = Field(SecretStr(""), alias="COUNTERSIGN_PRIVACY_KEY")
    alert_tenant: str = Field("", alias="COUNTERSIGN_ALERT_TENANT")
    alert_audience: str = Field("", alias="COUNTERSIGN_ALERT_AUDIENCE")
    alert_apps: str = Field(ACTION_GROUPS, alias="COUNTERSIGN_ALERT_APPS")
    alert_authority: str = Field("https://login.microsoftonline.com", alias="COUNTERSIGN_ALERT_AUTHORITY")
    alert_secret: SecretStr = Field(SecretStr(""), alias="COUNTERSIGN_ALERT_SECRET")

    @property
    def is_sandbox(self) -> bool:
        """Return whether this runs against the simulators: sandbox identity, every endpoint on loopback."""
        urls = [self.slack_api_url, self.arm_url, self.logs_url, self.openai_url]
        local = all(urlsplit(url).hostname in LOOPBACK for url in urls if url)
        return self.azure_identity == "sandbox" and local

    @property
    def takes_alerts(self) -> bool:
        """Return whether `/alerts` exists: a tenant and an audience are set, or the sandbox's secret."""
        return bool(self.alert_tenant and self.alert_audience) or bool(self.alert_secret.get_secret_value())

    @property
    def alert_senders(self) -> frozenset[str]:
        """Return the application ids that may send alerts."""
        return frozenset(self.alert_apps.split())

    def signing_keys(self) -> tuple[str, ...]:
        """Return the note signing keys, in order; those of a file stand in the place of its `@path`.

        Raises:
            InvalidInputError: there is none, or others can read a file.
        """
        keys = tuple(part for part in _keys(self.signing_key) if part.startswith("PRIVATE+KEY+"))
        if not keys:
            problem = (
                "holds no signing key." if self.signing_key.get_secret_value().strip() else "is not set."
            )
            raise InvalidInputError(f"COUNTERSIGN_SIGNING_KEY {problem}", advice=_NEW_KEY)
        return keys

    def public_keys(self) -> tuple[str, ...]:
        """Return the public keys that stand beside the signing keys: those of parts whose private key is gone."""
        keys = _keys(self.signing_key)
        return tuple(part for part in keys if "+" in part and not part.startswith("PRIVATE+KEY+"))

    def privacy_keys(self) -> tuple[str, ...]:
        """Return the keys that wrap people's data keys, in base64, read as the signing keys are; there may be none.

        Raises:
            InvalidInputError: others can read a file, or nobody.
        """
        return tuple(_keys(self.privacy_key))

    def refuse_bad(self, role: str) -> None:
        """Refuse to start with missing or short secrets, by name, with the fix.

        Raises:
            InvalidInputError: the first that is wrong.
        """
        for name, problem, advice in self._problems(role):
            raise InvalidInputError(f"{name} {problem}", advice=advice)

    def _problems(self, role: str) -> list[tuple[str, str, str]]:
        found: list[tuple[str, str, str]] = []
        if role != "executor":
            token = self.slack_bot_token.get_secret_value()
            if not re.fullmatch(r"xoxb-\S{10,}", token):
                fix = "Copy the Bot User OAuth Token from your Slack app's page OAuth & Permissions."
                found.append(("SLACK_BOT_TOKEN", "is missing or is not a bot token (xoxb-…).", fix))
            found += self._transport_problems()
        if "sandbox" in (self.azure_identity, self.azure_executor_identity) and not self.is_sandbox:
            fix = "Use managed, workload or cli with real endpoints."
            found.append(
                ("COUNTERSIGN_AZURE_IDENTITY", "is sandbox, but not every endpoint is on loopback.", fix)
            )
        found += self._alert_problems()
        return found if self.is_sandbox else [*_open_to_others(Path(ENV_FILE)), *found]

    def _alert_problems(self) -> list[tuple[str, str, str]]:
        secret = self.alert_secret.get_secret_value()
        if secret and not self.is_sandbox:
            fix = "Unset it, and set COUNTERSIGN_ALERT_TENANT and COUNTERSIGN_ALERT_AUDIENCE."
            return [("COUNTERSIGN_ALERT_SECRET", "is for the sandbox only.", fix)]
        if secret and len(secret) < SHORTEST_SECRET:
            fix = f"Use {SHORTEST_SECRET} characters or more."
            return [("COUNTERSIGN_ALERT_SECRET", "is too short.", fix)]
        host = urlsplit(self.alert_authority)
        if host.scheme != "https" and host.hostname not in LOOPBACK:
            return [("COUNTERSIGN_ALERT_AUTHORITY", "is not an https address.", "Write https://….")]
        if bool(self.alert_tenant) != bool(self.alert_audience):
            name = "COUNTERSIGN_ALERT_AUDIENCE" if self.alert_tenant else "COUNTERSIGN_ALERT_TENANT"
            return [(name, "is missing: alerts need a tenant and an audience.", "See docs/alerts.md.")]
        return []

    def _transport_problems(self) -> list[tuple[str, str, str]]:
        if self.transport == "socket":
            if re.fullmatch(r"xapp-\S{10,}", self.slack_app_token.get_secret_value()):
                return []
            fix = "Make an app-level token with the scope connections:write (Basic Information)."
            return [("SLACK_APP_TOKEN", "is missing or is not an app-level token (xapp-…).", fix)]
        if len(self.slack_signing_secret.get_secret_value().strip()) >= 32:
            return []
        fix = "Copy the Signing Secret from your Slack app's page Basic Information; it has 32 characters."
        return [("SLACK_SIGNING_SECRET", "is missing or too short.", fix)]


def read_settings() -> Settings:
    """Return the settings of this environment.

    Raises:
        InvalidInputError: a variable has a value that cannot be read; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidInputError(
            f"{name} cannot be read: {first['msg']}.", advice="See the table of settings in the README."
        ) from None


def _open_to_others(path: Path) -> list[tuple[str, str, str]]:
    """Return what is wrong with the file of settings: secrets stand in it, so nobody else may read it."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return []
    problem = f"in the working directory is open to others (mode {mode:o}), and secrets stand in it."
    return [(f"The file {path}", problem, f"Run `chmod 600 {path}`.")] if mode & 0o077 else []


def _keys(given: SecretStr) -> list[str]:
    parts = given.get_secret_value().split()
    texts = [_private_file(Path(part[1:])) if part.startswith("@") else part for part in parts]
    return " ".join(texts).split()


def _private_file(path: Path) -> str:
    try:
        mode = path.stat().st_mode & 0o777
        text = path.read_text()
    except OSError as error:
        raise InvalidInputError(f"The key file {path} cannot be read.", advice=_NEW_KEY) from error
    if mode & 0o077:
        raise InvalidInputError(
            f"Others can read the key file {path} (mode {mode:o}).", advice=f"Run `chmod 600 {path}`."
        )
    return text
