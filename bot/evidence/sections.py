"""Every evidence section there is, in the order people read them."""

from bot.evidence.age import AgeSection
from bot.evidence.configuration import ConfigurationSection
from bot.evidence.content_filter import ContentFilterSection
from bot.evidence.model import ModelSection
from bot.evidence.quota import QuotaSection
from bot.evidence.traffic import TrafficSection
from bot.ports.registry import Section

SECTIONS: tuple[Section, ...] = (
    ConfigurationSection(),
    ModelSection(),
    ContentFilterSection(),
    TrafficSection(),
    QuotaSection(),
    AgeSection(),
)
