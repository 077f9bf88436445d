"""Every evidence section there is, in the order people read them."""

from bot.evidence.access import AccessSection
from bot.evidence.age import AgeSection
from bot.evidence.changes import ChangesSection
from bot.evidence.configuration import ConfigurationSection
from bot.evidence.content_filter import ContentFilterSection
from bot.evidence.cost import CostSection
from bot.evidence.health import HealthSection
from bot.evidence.latency import LatencySection
from bot.evidence.lineage import LineageSection
from bot.evidence.logs import LogsSection
from bot.evidence.model import ModelSection
from bot.evidence.posture import PostureSection
from bot.evidence.ptu import PtuSection
from bot.evidence.quota import QuotaSection
from bot.evidence.requests import RequestsSection
from bot.evidence.retirement import RetirementSection
from bot.evidence.safety import SafetySection
from bot.evidence.scope import ScopeSection
from bot.evidence.siblings import SiblingsSection
from bot.evidence.tokens import TokensSection
from bot.evidence.traffic import TrafficSection
from bot.ports.registry import Section

SECTIONS: tuple[Section, ...] = (
    ScopeSection(),
    ConfigurationSection(),
    SiblingsSection(),
    ModelSection(),
    LineageSection(),
    RetirementSection(),
    AgeSection(),
    ContentFilterSection(),
    SafetySection(),
    TrafficSection(),
    TokensSection(),
    RequestsSection(),
    LatencySection(),
    PtuSection(),
    LogsSection(),
    QuotaSection(),
    HealthSection(),
    PostureSection(),
    AccessSection(),
    ChangesSection(),
    CostSection(),
)
BRIEF = ("configuration", "model", "content_filter", "traffic", "quota", "age", "health", "changes")
STATUS_SECTIONS: tuple[Section, ...] = tuple(section for section in SECTIONS if section.key in BRIEF)
COST_SECTIONS: tuple[Section, ...] = tuple(section for section in SECTIONS if section.key == "cost")
