"""WHERE DOES A TRIAL KEEP WHAT IT LEARNT? A folder with an owner, a path for each leg, and copies that do no harm."""

from pure_hb.checkpoints.legs import Checkpoints as Checkpoints
from pure_hb.checkpoints.owner_file import CheckpointsError as CheckpointsError
from pure_hb.checkpoints.paths import resolved as resolved
