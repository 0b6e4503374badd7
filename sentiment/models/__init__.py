"""Scorers, one file each; `sentiment.SCORERS` names them."""
