"""WHO DECIDES IN A TRAINING LOOP? Ask and report over a journal, with budgets and checkpoints."""

from pure_hb.session.budget import Budget as Budget
from pure_hb.session.errors import SessionError as SessionError
from pure_hb.session.errors import SessionWarning as SessionWarning
from pure_hb.session.observing import TakenOver as TakenOver
from pure_hb.session.result import BestTrial as BestTrial
from pure_hb.session.result import Result as Result
from pure_hb.session.running_trial import RunningTrial as RunningTrial
from pure_hb.session.running_trial import described as described
from pure_hb.session.session import Session as Session
