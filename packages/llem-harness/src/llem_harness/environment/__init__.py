"""Second step: the software and hardware around a run.

snapshot       all of it, with a reason for each part that is not there
system         the operating system and its libraries
container      whether the run is in one, and in which
scheduler      the job that it belongs to
repository     what the working folder is a checkout of
variables      environment variables that change a measurement
cuda           which CUDA, and who says so

What comes from outside is read through `Sources`, and made fit for a document by `text`. Nothing
secret goes into a result: variables are named one by one, and addresses lose their credentials.
"""

from llem_harness.environment.snapshot import Surroundings, take_snapshot, with_engine
from llem_harness.environment.sources import Sources

__all__ = ["Sources", "Surroundings", "take_snapshot", "with_engine"]
