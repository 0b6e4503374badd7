"""Words of the board's frame and of its house pages: days, login, Replay, Settings, About, exports, author cards."""

WORDS: dict[str, tuple[str, str]] = {
    # choosing days
    "board.dates.first": ("از روز", "From"),
    "board.dates.last": ("تا روز", "To"),
    "board.dates.month": ("ماه", "Month"),
    "board.dates.year": ("سال", "Year"),
    "board.dates.earlier": ("ماه پیش", "Month before"),
    "board.dates.later": ("ماه بعد", "Month after"),
    "board.dates.typed": ("یا بنویسید", "Or type it"),
    "board.dates.typed_hint": ("۱۴۰۵/۹/۱ یا 2026-11-22", "2026-11-22 or 1405/9/1"),
    "board.dates.unread": ("این تاریخ خوانده نشد؛ مانند ۱۴۰۵/۹/۱ بنویسید.", "That is no day; write it like 2026-11-22."),
    "board.dates.outside": ("این روز بیرون از بازه است.", "That day lies outside what can be chosen."),
    "board.dates.days7": ("۷ روز", "7 days"),
    "board.dates.week": ("این هفته", "This week"),
    "board.dates.week_before": ("هفتهٔ پیش", "Last week"),
    "board.dates.days30": ("۳۰ روز", "30 days"),
}
