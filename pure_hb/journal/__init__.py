"""WHERE IS THE LOG? Records and their hash chain, fold and verify, the file that holds them, and its snapshot."""

from pure_hb.journal.file import FileJournal as FileJournal
from pure_hb.journal.file import Opened as Opened
from pure_hb.journal.file import Sync as Sync
from pure_hb.journal.file import open_file_journal as open_file_journal
from pure_hb.journal.origin import platform as platform
from pure_hb.journal.origin import utc_now as utc_now
from pure_hb.journal.reader import JournalError as JournalError
from pure_hb.journal.reader import Torn as Torn
from pure_hb.journal.reader import read_journal as read_journal
from pure_hb.journal.records import Head as Head
from pure_hb.journal.records import Header as Header
from pure_hb.journal.records import Record as Record
from pure_hb.journal.replay import Difference as Difference
from pure_hb.journal.replay import Disagreement as Disagreement
from pure_hb.journal.replay import ReplayError as ReplayError
from pure_hb.journal.replay import Verification as Verification
from pure_hb.journal.replay import fold as fold
from pure_hb.journal.replay import verify as verify
from pure_hb.journal.snapshot import Snapshot as Snapshot
from pure_hb.journal.snapshot import SnapshotError as SnapshotError
from pure_hb.journal.snapshot import restored as restored
from pure_hb.journal.snapshot import snapshot_lines as snapshot_lines
from pure_hb.journal.snapshot import snapshot_of as snapshot_of
from pure_hb.journal.snapshot_file import read_snapshot as read_snapshot
from pure_hb.journal.snapshot_file import snapshot_path as snapshot_path
from pure_hb.journal.snapshot_file import write_snapshot as write_snapshot
