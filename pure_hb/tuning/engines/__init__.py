"""WHICH WORKERS TRAIN THE LEGS? The engines: for each a class that the user chooses, and a file that implements it."""

from pure_hb.tuning.engines.choices import ENGINES as ENGINES
from pure_hb.tuning.engines.choices import AnyEngine as AnyEngine
from pure_hb.tuning.engines.choices import Dask as Dask
from pure_hb.tuning.engines.choices import Ray as Ray
from pure_hb.tuning.engines.choices import engine_of as engine_of
