"""WHAT DOES A FREE WORKER DO NEXT? Searches choose the configurations to start; one file for each, and this is their
list.

A search is a frozen value of options. Its surrogate is imported when it is first needed. Codec, docs and tests read
this list.
"""

from typing import Final

from pure_hb.search.options import AcquisitionOptions as AcquisitionOptions
from pure_hb.search.options import SurrogateOptions as SurrogateOptions
from pure_hb.search.random_search import RandomSearch as RandomSearch
from pure_hb.search.searches import DensitySearch as DensitySearch
from pure_hb.search.searches import DyHPO as DyHPO
from pure_hb.search.searches import HyperTune as HyperTune
from pure_hb.search.searches import Mobster as Mobster
from pure_hb.search.view import EVALUATIONS as EVALUATIONS
from pure_hb.search.view import Known as Known
from pure_hb.search.view import Lesson as Lesson
from pure_hb.search.view import Resumption as Resumption
from pure_hb.search.view import Search as Search
from pure_hb.search.view import Suggestion as Suggestion
from pure_hb.search.view import View as View
from pure_hb.search.view import Waits as Waits
from pure_hb.search.view import objective_said as objective_said

AnySearch = RandomSearch | Mobster | HyperTune | DyHPO | DensitySearch
SEARCHES: Final = (RandomSearch, Mobster, HyperTune, DyHPO, DensitySearch)
