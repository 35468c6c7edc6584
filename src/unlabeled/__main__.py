"""``python -m unlabeled``: the same as the ``unlabeled`` command."""

import sys

from unlabeled.cli import main

if __name__ == "__main__":
    sys.exit(main())
