"""Notifiers: one file each, the only code of this package that does I/O.

A notifier is made as ``Notifier(name, options)`` and hands one message over with ``send``. It escapes what its medium
would interpret, tells temporary from permanent failures, and puts no secret and no URL query into an error.
"""

from listener.registry import Registry

NOTIFIERS = Registry("notifier", {
    "alertmanager": "alerts.notifiers.alertmanager:AlertmanagerNotifier",
    "apprise": "alerts.notifiers.apprise:AppriseNotifier",
    "bale": "alerts.notifiers.bale:BaleNotifier",
    "console": "alerts.notifiers.console:ConsoleNotifier",
    "chatwoot": "alerts.notifiers.chatwoot:ChatwootNotifier",
    "email": "alerts.notifiers.email:EmailNotifier",
    "kavenegar": "alerts.notifiers.kavenegar:KavenegarNotifier",
    "pagerduty": "alerts.notifiers.pagerduty:PagerdutyNotifier",
    "telegram": "alerts.notifiers.telegram:TelegramNotifier",
    "webhook": "alerts.notifiers.webhook:WebhookNotifier",
    "zammad": "alerts.notifiers.zammad:ZammadNotifier",
})
CASES_ONLY = frozenset({"chatwoot", "zammad"})
"""Kinds that take cases and are told of nothing else: help desks."""
