"""HOW IS A REAL MODEL TUNED? A session decides; local worker processes train, or those of an engine."""

from pure_hb.tuning.engines import Dask as Dask
from pure_hb.tuning.engines import Ray as Ray
from pure_hb.tuning.loop import tune as tune
from pure_hb.tuning.patience import TuningError as TuningError
from pure_hb.tuning.script import ScriptError as ScriptError
from pure_hb.tuning.script import load_file as load_file
