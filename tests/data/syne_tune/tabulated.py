"""A tabulated benchmark of 200 learning curves of 9 epochs, in place of those that were downloaded."""

import numpy as np
import pandas as pd
from syne_tune.blackbox_repository.blackbox_tabular import BlackboxTabular
from syne_tune.config_space import choice, logfinrange, randint

MAXIMUM = 9
SPACE = {"lr": logfinrange(1e-4, 1.0, 10), "layers": choice([1, 2, 3, 4]), "width": choice([8, 16, 32, 64, 128])}


def benchmark():
    rows = [(lr, n, width) for lr in SPACE["lr"].values for n in (1, 2, 3, 4) for width in SPACE["width"].categories]
    table = pd.DataFrame(rows, columns=list(SPACE))
    distance = np.abs(np.log10(table["lr"].to_numpy()) + 2) + np.abs(table["layers"].to_numpy() - 3)
    epochs = np.arange(1, MAXIMUM + 1)
    error = 0.1 * distance[:, None] + 1 / (epochs + table["width"].to_numpy()[:, None] / 64)
    elapsed = epochs * table["layers"].to_numpy()[:, None]
    return BlackboxTabular(
        hyperparameters=table,
        configuration_space=SPACE,
        fidelity_space={"epoch": randint(1, MAXIMUM)},
        objectives_evaluations=np.stack([error, elapsed], axis=-1)[:, None],
        objectives_names=["error", "elapsed"],
    )
