"""WHAT IS SAID? Events in, actions out, and the evidence that actions carry."""

from pure_hb.protocol.actions import ACTIONS as ACTIONS
from pure_hb.protocol.actions import Action as Action
from pure_hb.protocol.actions import Assignment as Assignment
from pure_hb.protocol.actions import Continue as Continue
from pure_hb.protocol.actions import Done as Done
from pure_hb.protocol.actions import Noted as Noted
from pure_hb.protocol.actions import Pause as Pause
from pure_hb.protocol.actions import Reject as Reject
from pure_hb.protocol.actions import Resume as Resume
from pure_hb.protocol.actions import Start as Start
from pure_hb.protocol.actions import Stop as Stop
from pure_hb.protocol.actions import Wait as Wait
from pure_hb.protocol.events import EVENTS as EVENTS
from pure_hb.protocol.events import Ask as Ask
from pure_hb.protocol.events import Complete as Complete
from pure_hb.protocol.events import Curve as Curve
from pure_hb.protocol.events import Event as Event
from pure_hb.protocol.events import Fail as Fail
from pure_hb.protocol.events import Observe as Observe
from pure_hb.protocol.events import Release as Release
from pure_hb.protocol.events import Report as Report
from pure_hb.protocol.evidence import Because as Because
from pure_hb.protocol.evidence import Drawn as Drawn
from pure_hb.protocol.evidence import Evidence as Evidence
from pure_hb.protocol.evidence import Ranked as Ranked
from pure_hb.protocol.words import explain as explain
