import tempfile
from argparse import ArgumentParser

from syne_tune import Reporter, StoppingCriterion, Tuner
from syne_tune.backend import LocalBackend
from syne_tune.config_space import choice, logfinrange, lograndint, loguniform, uniform
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import MOBSTER

config_space = {
    "learning-rate": loguniform(1e-5, 1e-1),
    "em-size": logfinrange(lower=128, upper=1024, size=4, cast_int=True),
    "hidden-size": lograndint(4, 128),
    "dropout-rate": uniform(0, 1),
    "onehot": choice([False]),
    "adaptive": choice([True, False]),
    "nonlinearity": choice(["relu", "tanh"]),
    "epochs": 300,
}


def train():
    parser = ArgumentParser()
    for name in config_space:
        parser.add_argument(f"--{name}")
    given = vars(parser.parse_known_args()[0])
    report = Reporter()
    for epoch in range(1, int(given["epochs"]) + 1):
        report(epoch=epoch, loss=float(given["dropout_rate"]) + int(given["em_size"]) / 1000 + 1 / epoch)


def main():
    tuner_name = "many-domains"
    tuner = Tuner(
        trial_backend=LocalBackend(entry_point=__file__),
        scheduler=MOBSTER(
            config_space,
            metric="loss",
            resource_attr="epoch",
            max_resource_attr="epochs",
            search_options={"debug_log": False},
            mode="min",
            type="promotion",
            grace_period=5,
        ),
        max_failures=1000,
        results_update_interval=60,
        print_update_interval=120,
        stop_criterion=StoppingCriterion(max_num_trials_started=5),
        n_workers=2,
        sleep_time=0.1,
        tuner_name=tuner_name,
        trial_backend_path=tempfile.mkdtemp(),
    )
    tuner.run()
    print("best", load_experiment(tuner.name).best_config())


if __name__ == "__main__":
    import sys

    train() if len(sys.argv) > 1 else main()
