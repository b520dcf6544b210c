"""HOW DOES IT WORK TOGETHER WITH OTHER LIBRARIES? One module for each; importing this package imports none of them.

from pure_hb.integrations.syne_tune import MOBSTER             schedulers for Syne Tune's Tuner
from pure_hb.integrations.ray_tune import searcher_and_scheduler
                                                                a pair for Ray Tune, which pauses and resumes; optuna
                                                                has sampler_and_pruner
from pure_hb.integrations.sklearn import HyperbandSearchCV      a search of scikit-learn
from pure_hb.integrations.xgboost import TrialCallback, saved   callbacks of a trainer; keras, lightgbm, lightning and
                                                                transformers likewise
"""
