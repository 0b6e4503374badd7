"""Words of the cli."""

WORDS: dict[str, tuple[str, str]] = {
}
