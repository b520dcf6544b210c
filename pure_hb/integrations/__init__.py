"""HOW DOES IT WORK TOGETHER WITH OTHER LIBRARIES? One module for each; importing this package imports none of them.

from pure_hb.integrations.syne_tune import MOBSTER      schedulers for Syne Tune's Tuner
"""
