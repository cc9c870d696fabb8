"""Build the index of a universe as a whole process: ``make.py one|three``; with ``keep`` keep it and print where it is."""

import sys
import tempfile
from pathlib import Path

from universe import index, make

if sys.argv[2:]:
    sys.stdout.write(f"{index(sys.argv[1])}\n")
else:
    with tempfile.NamedTemporaryFile() as file:
        make(sys.argv[1], Path(file.name))
