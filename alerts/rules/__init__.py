"""Rules: one file each, pure, the same live and in replay.

A rule class has ``kind`` (its name in settings), ``about`` (``"brand"`` or ``"source"``: what ``Facts.subject`` names)
and ``history`` (how far back ``Facts.series`` should reach where so much is known). It is made from its ``Options``.
"""

from listener.registry import Registry

RULES = Registry("rule", {
    "spike": "alerts.rules.spike:SpikeRule",
    "stale_source": "alerts.rules.stale_source:StaleSourceRule",
})
