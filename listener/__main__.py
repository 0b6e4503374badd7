"""``python -m listener`` is ``goosh``, for where scripts are not on the path."""

from listener.cli import main

main()
