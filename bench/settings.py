"""Firmtrack's settings with one more address: the constant answer to compare with."""

from firmtrack.settings import *  # noqa: F403  # all of them, that is the point

ROOT_URLCONF = "bench.urls"
