"""Small servers that speak what real ones speak, one a file: they hold posts and show them as their kind does.

To add one is one file here with a subclass of ``Host``; the contract tests find it.
"""

from importlib import import_module
from pkgutil import iter_modules

from tests.listener.collectors.hosts.host import START, Host, Post, conditional, poll

__all__ = ["HOSTS", "START", "Host", "Post", "conditional", "poll"]


def _found() -> dict[str, type[Host]]:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return {made.__name__: made for made in sorted(_kinds(Host), key=lambda made: made.__name__) if made.kind}


def _kinds(made: type[Host]) -> list[type[Host]]:
    return [deeper for kind in made.__subclasses__() for deeper in (kind, *_kinds(kind))]


HOSTS = _found()
