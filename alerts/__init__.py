"""Reach, series, rules, life and words of alerts. Pure, but for ``alerts.notifiers``.

Why pure: a rule that reads no clock and no database can be replayed over last month by the same code that runs now.
"""
