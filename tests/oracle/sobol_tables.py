"""Make `tensor/ops/sobol.json`: the direction numbers of Joe and Kuo's Sobol sequence.

For each dimension: its primitive polynomial as a number, then the first direction
numbers, as many as the degree. Run it with any Python that has scipy::

    python tests/oracle/sobol_tables.py tensor/ops/sobol.json
"""

import json
import pathlib
import sys

import numpy as np
import scipy.stats

# As many dimensions as TensorFlow has.
DIMENSIONS = 1111


def main() -> None:
    """Write the table to the file that the command line names."""
    folder = pathlib.Path(scipy.stats.__file__).parent
    numbers = np.load(folder / "_sobol_direction_numbers.npz")
    rows = zip(numbers["poly"].tolist(), numbers["vinit"].tolist(), strict=True)
    table = [
        [polynomial, *(m for m in first if m)]
        for polynomial, first in list(rows)[:DIMENSIONS]
    ]
    lines = ",\n".join(json.dumps(row, separators=(",", ":")) for row in table)
    pathlib.Path(sys.argv[1]).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
