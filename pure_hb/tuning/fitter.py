"""WHO FITS WHILE WORKERS TRAIN? One thread, which makes one fit at a time, of the last state that it was offered."""

import threading

from pure_hb.machine import State, fit_if_due
from pure_hb.protocol import Fitted


class Fitter:
    """Makes fits beside training for setups that ask for it (``fit="background"``); for others it does nothing."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._made: Fitted | None = None
        self._error: Exception | None = None
        self._looked_at = -1

    def offer(self, state: State) -> None:
        """Begin a fit to this state, unless a fit is in progress or this state has been examined."""
        if not state.setup.search.fits_beside or self._thread is not None or state.clock == self._looked_at:
            return
        self._looked_at = state.clock
        self._thread = threading.Thread(target=self._work, args=(state,), name="pure_hb fit", daemon=True)
        self._thread.start()

    def take(self) -> Fitted | None:
        """The finished fit, once; None if there is none.

        Raises:
            Exception: what the fit raised.
        """
        if self._thread is None or self._thread.is_alive():
            return None
        self._thread.join()
        self._thread, made, error = None, self._made, self._error
        self._made = self._error = None
        if error is not None:
            raise error
        return made

    def _work(self, state: State) -> None:
        try:
            self._made = fit_if_due(state)
        except Exception as error:  # it is raised where the result is taken
            self._error = error
