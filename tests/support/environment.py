"""The variables by which a scheduler makes a process part of a job.

A test run may itself be started by one (a CI job under Slurm, a shell inside
`launch`); no test may notice.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

MEMBERSHIP_PREFIXES = (
    "HYDRA_",
    "LAUNCH_",
    "LSB_",
    "MV2_",
    "OMPI_",
    "PBS_",
    "PMIX_",
    "PMI_",
    "RINGFLOW_",
    "SLURM_",
    "TORCHELASTIC_",
)
MEMBERSHIP_NAMES = frozenset(
    {
        "TF_CONFIG",
        "NSLOTS",
        "NHOSTS",
        "RANK",
        "WORLD_SIZE",
        "LOCAL_RANK",
        "LOCAL_WORLD_SIZE",
        "GROUP_RANK",
        "ROLE_RANK",
        "NODE_RANK",
        "MASTER_ADDR",
        "MASTER_PORT",
        # A worker's share of threads: `launch` sets these only where they are not set.
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "BLIS_NUM_THREADS",
        "VECLIB_MAXIMUM_THREADS",
        "NUMEXPR_NUM_THREADS",
    }
)


@contextmanager
def outside_any_job() -> Iterator[None]:
    """Run the block as a process that belongs to no job, then restore everything."""
    before = dict(os.environ)
    for name in before:
        if name in MEMBERSHIP_NAMES or name.startswith(MEMBERSHIP_PREFIXES):
            del os.environ[name]
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
