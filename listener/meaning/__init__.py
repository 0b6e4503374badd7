"""What posts say, in numbers that both languages share: what a search by meaning stores and compares, and topics too. Pure."""

from .query import Match, Sought, sought
from .words import VERSION, WIDTH, count, meanings, told

__all__ = ["VERSION", "WIDTH", "Match", "Sought", "count", "meanings", "sought", "told"]
