"""The training corpus: every word of it is written in the TOML files beside this one."""

from triage.focal.corpus.generate import Example, example, examples

__all__ = ["Example", "example", "examples"]
