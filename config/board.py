"""``[board]``: where the board listens, and who may come in.

Without ``auth`` the board asks nobody who they are and is meant for this machine alone. ``password`` and ``oidc`` ask; what
somebody may do then stands under ``[[people]]`` (``board = "viewer"``, ``"on_call"`` or ``"admin"``), and ``others`` says what
holds for those who sign in and do not stand there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from config.durations import Duration
from config.table import Port, Table, Variable

Role = Literal["viewer", "on_call", "admin"]
"""What somebody may do: look; besides, take, answer, silence, judge, correct; besides, switch rules and forget authors."""


class OidcSettings(Table):
    """The identity provider of ``auth = "oidc"``: Keycloak, Google, Microsoft, Authentik … It must know ``<url>/oauth2callback``."""

    metadata_url: Annotated[str, Field(pattern=r"^https?://")]  # …/.well-known/openid-configuration
    client_id: str
    client_secret_env: Variable


class BoardSettings(Table):
    bind: str
    port: Port
    url: str | None = None  # under which people open it, where a proxy stands before it
    auth: Literal["none", "password", "oidc"]
    password_env: Variable | None = None  # the variable that holds the hash of the team's password
    others: Role | Literal["none"]
    session: Duration
    oidc: OidcSettings | None = None

    @model_validator(mode="after")
    def _oidc_is_whole(self) -> Self:
        if self.auth == "oidc" and self.oidc is None:
            raise ValueError('auth = "oidc" needs a table [board.oidc] with metadata_url, client_id and client_secret_env')
        if self.auth == "oidc" and self.url is None:
            raise ValueError('auth = "oidc" needs url, the address under which people open the board: the provider sends them back to it')
        if not timedelta(minutes=5) <= self.session <= timedelta(days=30):
            raise ValueError("session must lie between 5m and 30d")
        return self

    @property
    def link(self) -> str:
        """The address that goes into messages, without a closing slash; none where ``url`` is empty: nothing is served."""
        return (f"http://localhost:{self.port}" if self.url is None else self.url).rstrip("/")

    @property
    def encrypted(self) -> bool:
        """Whether people open it over https, as far as the file says."""
        return urlsplit(self.link).scheme == "https"
