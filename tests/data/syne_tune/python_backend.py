from syne_tune import StoppingCriterion, Tuner
from syne_tune.backend import PythonBackend
from syne_tune.config_space import loguniform, randint
from syne_tune.experiments import load_experiment
from syne_tune.optimizer.baselines import ASHA


def train(lr: float, width: int, epochs: int):
    from syne_tune import Reporter

    report = Reporter()
    for epoch in range(epochs):
        report(step=epoch, error=(lr - 0.1) ** 2 + 1 / width, epoch=epoch + 1)


if __name__ == "__main__":
    config_space = {"lr": loguniform(1e-4, 1.0), "width": randint(4, 64), "epochs": 9}
    scheduler = ASHA(config_space, metric="error", max_resource_attr="epochs", resource_attr="epoch", mode="min")
    tuner = Tuner(
        trial_backend=PythonBackend(tune_function=train, config_space=config_space),
        scheduler=scheduler,
        stop_criterion=StoppingCriterion(max_num_trials_finished=3),
        n_workers=2,
        sleep_time=0.1,
    )
    tuner.run()
    print("best", load_experiment(tuner.name).best_config())
