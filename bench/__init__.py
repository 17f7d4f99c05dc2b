"""Benchmarks: each job beside the limit that it is measured against, in one run."""
