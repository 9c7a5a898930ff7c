"""`dsel import git`: from a repository to a stream of events. Begin at `History`."""

from cli.git_history.checkpoint import Checkpoint, read_checkpoint
from cli.git_history.history import History
from cli.git_history.options import Options
from cli.git_history.report import Report
from cli.git_history.repository import locate

__all__ = ["Checkpoint", "History", "Options", "Report", "locate", "read_checkpoint"]
