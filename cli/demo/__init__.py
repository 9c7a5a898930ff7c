"""Six months on a believable platform, as event envelopes: for a first look, for examples and for tests."""

from cli.demo.story import MOMENTS, envelopes

__all__ = ["MOMENTS", "envelopes"]
