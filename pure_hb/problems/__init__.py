"""WHAT IS SIMULATED? A `Problem` answers for a configuration at a resource: a table, a function, a live training."""

from pure_hb.problems.answers import Answer as Answer
from pure_hb.problems.answers import Failure as Failure
from pure_hb.problems.answers import Judged as Judged
from pure_hb.problems.answers import Problem as Problem
from pure_hb.problems.answers import ProblemError as ProblemError
from pure_hb.problems.cache import cached_problem as cached_problem
from pure_hb.problems.functions import problem as problem
from pure_hb.problems.live import live_problem as live_problem
