"""`dsel import git`: from a repository to a stream of events. Begin at `History`."""

from cli.git_history.checkpoint import Checkpoint, read_checkpoint
from cli.git_history.history import History
from cli.git_history.options import Options
from cli.git_history.report import Report

__all__ = ["Checkpoint", "History", "Options", "Report", "read_checkpoint"]
