"""HOW DO LEGS TRAIN IN AN EXECUTOR? As calls of a `concurrent.futures.Executor`, in threads or processes here.

Each call connects to a listener of `multiprocessing.connection` in this process, with a key that was sent with it. So
the death of a process is noticed at once, and if several die, which one was the first.
"""

import contextlib
import itertools
import multiprocessing.connection
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from functools import partial
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection
from typing import Final

from pure_hb.session import described
from pure_hb.tuning.channel import Answer, Ended, Hopeless, Message, decoded, encoded
from pure_hb.tuning.engine import Died, Dropped
from pure_hb.tuning.engines.call import Ask, Call, NobodyAsksError, Outcome, run_call
from pure_hb.tuning.engines.workplace import Asked, Broken, Inbox, Over, Word
from pure_hb.tuning.texts import cut

_FINISHED: Final = b""
"""The last message of a call that has trained: its connection ends now, but its process has not died."""
_WAKE_UP: Final = b"wake up"
_BACKLOG: Final = 128
_FIRST_GONE_S: Final = 2.0
"""When an executor has broken, seconds to wait for the connection that ended first."""
_MOST_BREAKS: Final = 8
"""The most executors in a row that may break before any call has begun."""
_ONE_IS_USED_UP: Final = (
    "a process of the executor has died, and with it the executor; what was reported is in the journal. Start the same "
    "command again, or give tune what makes a new one: executor=lambda: ProcessPoolExecutor(4)"
)

Make = Callable[[], Executor]


def run_in_executor(call: Call, address: str, key: bytes) -> Outcome:
    """Trains a leg, in a thread or process of the executor."""
    try:
        connection = multiprocessing.connection.Client(address, authkey=key)
    except (OSError, EOFError, AuthenticationError) as error:
        return Outcome(
            Hopeless(
                f"a worker of the executor cannot reach the process that called tune ({cut(described(error))}): an "
                'executor has its workers on the same machine. On others use engine="dask" or engine="ray", or run the '
                "command on each of them over one journal in PostgreSQL"
            )
        )
    with connection:
        connection.send_bytes(call.identity.encode())
        outcome = run_call(call, _asking(connection))
        with contextlib.suppress(OSError):
            connection.send_bytes(_FINISHED)
    return outcome


def _asking(connection: Connection) -> Ask:
    def ask(message: Message) -> Answer:
        try:
            connection.send_bytes(encoded(message).encode())
            answer = decoded(connection.recv_bytes())
        except (OSError, EOFError):
            raise NobodyAsksError from None
        if not isinstance(answer, Answer):
            raise NobodyAsksError
        return answer

    return ask


class ExecutorPlace:
    """A `Workplace`: calls of an executor. If ``given`` makes executors, one that broke is replaced, and those that it
    has made are shut down; an executor that was given belongs to the caller."""

    def __init__(self, given: Executor | Make) -> None:
        self._given = given
        self._executor: Executor | None = None
        self._key = secrets.token_bytes(32)
        self._inbox = Inbox()
        self._futures: dict[str, tuple[Executor, Future[Outcome]]] = {}
        self._connections: dict[str, Connection] = {}
        self._gone: dict[str, None] = {}
        """The calls whose connection has ended before they had finished, in this order."""
        self._someone_gone = threading.Event()
        self._breaks, self._is_closed = 0, False
        self._attempts = itertools.count()
        self._listener = multiprocessing.connection.Listener(backlog=_BACKLOG, authkey=self._key)
        self._accepting = threading.Thread(target=self._accept, name="pure_hb-executor", daemon=True)
        self._accepting.start()

    def submit(self, call: Call) -> None:
        """Submits a call."""
        try:
            executor = self._executor or self._make()
            future = executor.submit(run_in_executor, call, str(self._listener.address), self._key)
        except Exception as error:  # of whatever executor it is
            self._inbox.put(Over(call.identity, Dropped("its executor takes no work any more")))
            for word in self._break(error):
                self._inbox.put(word)
            return
        self._futures[call.identity] = executor, future
        future.add_done_callback(partial(self._end_of, call.identity))

    def answer(self, attempt: str, answer: Answer) -> None:
        """Answers a call."""
        connection = self._connections.get(attempt)
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.send_bytes(encoded(answer).encode())

    def hear(self, seconds: float) -> Iterator[Word]:
        """Waits for messages of calls. If the executor has broken, the call whose process died first counts as died;
        the others, whose processes the executor then ends, count as dropped."""
        for word in self._inbox.take(seconds):
            if isinstance(word, Asked):
                self._breaks = 0
            if not isinstance(word, Over) or word.call not in self._futures:
                yield word
                continue
            executor, future = self._futures.pop(word.call)
            error = None if future.cancelled() else future.exception()
            if not isinstance(error, BrokenExecutor):
                yield word
                continue
            yield Over(word.call, self._blamed(word.call, error))
            if executor is self._executor:
                yield from self._break(error)

    def is_quiet(self) -> bool:
        """Whether nothing has come."""
        return self._inbox.is_empty()

    def end(self, call: str) -> None:
        """A waiting call does not begin; a running one is told to end when it asks next."""
        if call in self._futures:
            self._futures.pop(call)[1].cancel()

    def close(self) -> None:
        """Closes the connections, and shuts down the executor if it was made here."""
        self._is_closed = True
        for _, future in self._futures.values():
            future.cancel()
        with (
            contextlib.suppress(OSError, EOFError, AuthenticationError),
            multiprocessing.connection.Client(self._listener.address, authkey=self._key) as wake_up,
        ):
            wake_up.send_bytes(_WAKE_UP)
        self._accepting.join(_FIRST_GONE_S)
        self._listener.close()
        for connection in list(self._connections.values()):
            with contextlib.suppress(OSError):
                connection.send_bytes(encoded(Ended()).encode())  # this is no answer: a leg that waits ends
        if self._executor is not None and not isinstance(self._given, Executor):
            self._executor.shutdown(wait=False, cancel_futures=True)

    def _make(self) -> Executor:
        made = self._given if isinstance(self._given, Executor) else self._given()
        if not isinstance(made, Executor):
            raise TypeError(f"executor made a {type(made).__name__}; it is to make a concurrent.futures.Executor")
        self._executor = made
        self._gone.clear()
        self._someone_gone.clear()
        return made

    def _break(self, error: Exception) -> Iterator[Broken]:
        """The executor takes no calls any more; the next call needs another one, if there can be one."""
        self._breaks += 1
        why = cut(described(error))
        if isinstance(self._given, Executor):
            is_broken = isinstance(error, BrokenExecutor)
            yield Broken(_ONE_IS_USED_UP if is_broken else f"the executor takes no work any more: {why}")
        elif self._executor is None:
            yield Broken(f"no executor could be made: {why}")
        elif self._breaks >= _MOST_BREAKS:
            yield Broken(f"{self._breaks} executors in a row broke before any leg had begun, the last one: {why}")
        if self._executor is not None and not isinstance(self._given, Executor):
            self._executor.shutdown(wait=False, cancel_futures=True)
        self._executor = None

    def _blamed(self, call: str, error: BrokenExecutor) -> Died | Dropped:
        if call == next(iter(self._gone), call):
            return Died(cut(described(error)))
        return Dropped("the process of another trial died, and its executor ended with it")

    def _end_of(self, call: str, future: "Future[Outcome]") -> None:
        """Called when a call is over, in a thread of the executor. When that has broken, it does not end its other
        processes before this returns: so the first connection that ends is that of the process which died."""
        try:
            how: Outcome | Died | Dropped = future.result()
        except CancelledError:
            how = Dropped("the executor has cancelled its call")
        except KeyboardInterrupt:
            how = Dropped("its process was interrupted")
        except BrokenExecutor as error:
            if self._connections:
                self._someone_gone.wait(_FIRST_GONE_S)
            how = Died(cut(described(error)))
        except BaseException as error:  # SystemExit, too, is an end of the leg and not of this process
            how = Died(cut(described(error)))
        self._inbox.put(Over(call, how))

    # ---- threads that listen ---------------------------------------------------------------------------------------

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):  # it was none of our calls
                continue
            threading.Thread(target=self._serve, args=(connection,), name="pure_hb-leg", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        """Takes the messages of a call until its connection ends."""
        attempt, call = f"{next(self._attempts)}", ""
        try:
            with connection:
                first = connection.recv_bytes()
                if first == _WAKE_UP or self._is_closed:
                    return
                call = first.decode()
                self._connections[attempt] = connection
                while received := connection.recv_bytes():
                    self._inbox.put(Asked(call, attempt, decoded(received)))
        except (OSError, EOFError):
            if call:
                self._gone[call] = None
                self._someone_gone.set()
        finally:
            self._connections.pop(attempt, None)
