"""`python -m hitgen`."""

import sys

from hitgen.cli import main

sys.exit(main())
