"""Published tables, measured again by one command: `unlabeled reproduce PAPER`.

One file per paper holds its `TITLE` and `CITATION`, the `PROTOCOL` in sentences, and `RUNS`: every
hyper-parameter pinned (defaults may change, history may not), beside what was published. Results
go to `results/<paper>.json`, one record per run and seed; `docs/results.md` is made of them.
"""

from unlabeled.papers.results import available, page, reproduce, table

__all__ = ["available", "page", "reproduce", "table"]
