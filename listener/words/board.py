"""Words of the board."""

WORDS: dict[str, tuple[str, str]] = {
}
