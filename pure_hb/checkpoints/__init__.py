"""WHERE DOES A TRIAL KEEP ITS CHECKPOINTS? In a folder with an owner: a path for each leg, and complete copies."""

from pure_hb.checkpoints.legs import Checkpoints as Checkpoints
from pure_hb.checkpoints.owner_file import CheckpointsError as CheckpointsError
from pure_hb.checkpoints.paths import resolved as resolved
