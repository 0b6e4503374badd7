"""What is kept of people's comings and goings at the board, besides what they do to things."""

from __future__ import annotations

from importlib import resources

from listener.service.door import Door, named

BOARD = "board"


class House(Door):
    """The board's own book."""

    def signed_in(self, who: str) -> None:
        """Keep that somebody came in."""
        self.store.log(named(who), "sign in", BOARD, self.now())

    def exported(self, who: str, rows: int, what: str) -> None:
        """Keep that somebody took mentions out of the house: how many, and in which form."""
        self.store.log(named(who), f"export {what}: {rows}", BOARD, self.now())

    def model_card(self) -> str | None:
        """Return the card of the packaged model, which is in English; None where another one scores."""
        if self.settings.score.kind != "packaged":
            return None
        return resources.files("sentiment").joinpath("weights", "MODEL_CARD.md").read_text(encoding="utf-8")
