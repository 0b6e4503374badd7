"""Which mention is about whom: the query language and the matcher. Pure.

Why not one regular expression a brand: 5,000 names over 10,000 posts took 15 s that way and 0.04 s with one automaton, and a
regular expression knows neither Persian word endings nor that the longest name claims its place.
"""

from listener.match.matcher import Matcher, highlights
from listener.match.query import Query, QueryError, parse_query

__all__ = ["Matcher", "Query", "QueryError", "highlights", "parse_query"]
