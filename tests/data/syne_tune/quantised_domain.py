from pathlib import Path

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import quniform, randint
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import ASHA

config_space = {"lr": quniform(0.1, 1.0, 0.1), "width": randint(4, 64), "epochs": 9}
tuner = Tuner(
    trial_backend=LocalBackend(entry_point=str(Path(__file__).parent / "train_net.py")),
    scheduler=ASHA(config_space, metric="error", resource_attr="epoch", max_resource_attr="epochs"),
    stop_criterion=StoppingCriterion(max_num_trials_started=5),
    n_workers=2,
    sleep_time=0.1,
)
tuner.run()
print("best", load_experiment(tuner.name).best_config())
