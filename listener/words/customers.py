"""Words of customers: who they are, what they rated, what is kept of them."""

WORDS: dict[str, tuple[str, str]] = {
    "board.rated_only": ("فقط امتیاز، بی‌کلام", "rated, without words"),
}
