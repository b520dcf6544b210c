"""Schedulers of other libraries, held to the rung laws of `pure_hb.testing`. `python -m examples.peers` prints what
is found."""
