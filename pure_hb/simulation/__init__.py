"""WHAT WOULD HAVE HAPPENED? A setup on a problem, in simulated time."""

from pure_hb.simulation.refusing import Clock as Clock
from pure_hb.simulation.refusing import Nan as Nan
from pure_hb.simulation.run import Recorder as Recorder
from pure_hb.simulation.run import SimulationError as SimulationError
from pure_hb.simulation.run import SimulationResult as SimulationResult
from pure_hb.simulation.run import simulate as simulate
