"""Words of the alerts."""

WORDS: dict[str, tuple[str, str]] = {
}
