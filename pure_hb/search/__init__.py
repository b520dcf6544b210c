"""WHAT DOES A FREE WORKER DO NEXT? One file per search; this is their list, which codec, docs and tests read."""

from typing import Final

from pure_hb.search.random_search import RandomSearch as RandomSearch
from pure_hb.search.view import Search as Search
from pure_hb.search.view import Suggestion as Suggestion
from pure_hb.search.view import View as View

AnySearch = RandomSearch
SEARCHES: Final = (RandomSearch,)
