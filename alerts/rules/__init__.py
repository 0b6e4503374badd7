"""Rules: one file each, pure, the same live and in replay.

A rule class has ``kind`` (as settings name it), ``about`` (``"brand"`` or ``"source"``: what ``Facts.subject`` names), ``on``
(``"step"``: evaluated when a step closes; ``"mention"``: a tripwire, as soon as a mention is scored) and ``history`` (how far
back ``Facts.series`` should reach where so much is known). It is made from its ``Options``.

Several rules of one kind stand side by side under names of their own: ``spike``, ``spike/volume``.
"""

from listener.registry import Registry

RULES = Registry("rule", {
    "spike": "alerts.rules.spike:SpikeRule",
    "negative_share": "alerts.rules.negative_share:NegativeShareRule",
    "big_voice": "alerts.rules.big_voice:BigVoiceRule",
    "rising_topic": "alerts.rules.rising_topic:RisingTopicRule",
    "harm": "alerts.rules.harm:HarmRule",
    "ignored_case": "alerts.rules.ignored_case:IgnoredCaseRule",
    "resurfaced": "alerts.rules.resurfaced:ResurfacedRule",
    "collector_down": "alerts.rules.collector_down:CollectorDownRule",
    "overdue_case": "alerts.rules.overdue_case:OverdueCaseRule",
    "broken_promise": "alerts.rules.broken_promise:BrokenPromiseRule",
    "stale_source": "alerts.rules.stale_source:StaleSourceRule",
})


def kind_of(name: str) -> str:
    """Return the kind of a rule from its name."""
    return name.partition("/")[0]
