from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import PythonBackend
from syne_tune.config_space import finrange, ordinal, reverseloguniform
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.schedulers import HyperbandScheduler


def train(momentum, batch_size, drop, max_epochs):
    from syne_tune import Reporter

    report = Reporter()
    for epoch in range(1, max_epochs + 1):
        report(epoch=epoch, accuracy=momentum - drop / 10 - batch_size / 1000 - 0.1 / epoch)


if __name__ == "__main__":
    config_space = {
        "momentum": reverseloguniform(0.5, 0.99),
        "batch_size": ordinal([8, 16, 32, 128], kind="nn-log"),
        "drop": finrange(0.0, 0.5, 6),
        "max_epochs": 9,
    }
    scheduler = HyperbandScheduler(config_space, searcher="bayesopt", metric="accuracy", mode="max", rung_levels=[2, 4])
    tuner = Tuner(
        trial_backend=PythonBackend(tune_function=train, config_space=config_space),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_started=6, max_metric_value={"accuracy": 0.96}),
        n_workers=2,
        sleep_time=0.1,
    )
    tuner.run()
    print("best", load_experiment(tuner.name).best_config("accuracy"))
