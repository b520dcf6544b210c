"""WHY WAS SOMETHING DECIDED, AND WHAT WOULD HAVE CHANGED IT? Decisions of a log in sentences, where two logs differ,
what other settings would have done, and how far early results and surrogates could be trusted."""

from pure_hb.explaining.calibration import Calibration as Calibration
from pure_hb.explaining.calibration import calibration as calibration
from pure_hb.explaining.decision import Explanation as Explanation
from pure_hb.explaining.decision import explain_record as explain_record
from pure_hb.explaining.differing import Parting as Parting
from pure_hb.explaining.differing import parting as parting
from pure_hb.explaining.story import Story as Story
from pure_hb.explaining.story import StoryError as StoryError
from pure_hb.explaining.trial import Run as Run
from pure_hb.explaining.trial import explain_trial as explain_trial
from pure_hb.explaining.turning import Turn as Turn
from pure_hb.explaining.what_if import Change as Change
from pure_hb.explaining.what_if import WhatIf as WhatIf
from pure_hb.explaining.what_if import what_if as what_if
