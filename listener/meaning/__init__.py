"""What posts say, in numbers that both languages share: what a search by meaning stores and compares. Pure."""

from .query import Sought, sought
from .words import VERSION, WIDTH, told

__all__ = ["VERSION", "WIDTH", "Sought", "sought", "told"]
