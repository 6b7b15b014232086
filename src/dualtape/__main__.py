"""Entry point of ``python -m dualtape``."""

import sys

from dualtape.cli import main

if __name__ == "__main__":
    sys.exit(main())
