"""The digest: what changed in a week, why, and what to decide, from stored facts alone. Pure.

``nouns`` facts and the digest itself, ``periods`` which week it is and when it is due, ``figures`` the one way numbers are written,
``weigh`` what changed beyond chance, ``sentences`` the three sentences, ``build`` the numbered sections, ``handover`` the note at a
change of shift, and the forms: ``html``, ``text``, ``markdown``, ``frozen`` (JSON), ``charts``.

A digest is built once, in one language, with every figure written out; forms only lay it out. So no form can say another number
than the others, and what is kept of it today shows the same in a year.
"""

from alerts.digest.build import build
from alerts.digest.nouns import Digest, Facts

__all__ = ["Digest", "Facts", "build"]
