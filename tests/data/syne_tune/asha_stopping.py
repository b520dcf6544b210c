import logging
from pathlib import Path

from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import loguniform, randint
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import ASHA

if __name__ == "__main__":
    logging.getLogger().setLevel(logging.INFO)
    config_space = {"lr": loguniform(1e-4, 1.0), "width": randint(4, 64)}
    scheduler = ASHA(
        config_space, metric="error", resource_attr="epoch", max_t=9, mode="min", search_options={"debug_log": False}
    )
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=str(Path(__file__).parent / "train_net.py")),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_started=5),
        n_workers=2,
        sleep_time=0.1,
    )
    tuner.run()
    print("best", load_experiment(tuner.name).best_config())
