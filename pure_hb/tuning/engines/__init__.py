"""ON WHOSE WORKERS ARE LEGS TRAINED? The engines: a value to choose each, and a file that fulfils it."""

from pure_hb.tuning.engines.choices import ENGINES as ENGINES
from pure_hb.tuning.engines.choices import AnyEngine as AnyEngine
from pure_hb.tuning.engines.choices import Dask as Dask
from pure_hb.tuning.engines.choices import Ray as Ray
from pure_hb.tuning.engines.choices import engine_of as engine_of
