"""WHERE IS THE LOG? The journal: records and their hash chain, fold and verify, the file that holds them, and its
snapshot."""

from pure_hb.journal.differences import Difference as Difference
from pure_hb.journal.file import FileJournal as FileJournal
from pure_hb.journal.file import Sync as Sync
from pure_hb.journal.opening import Opened as Opened
from pure_hb.journal.opening import open_file_journal as open_file_journal
from pure_hb.journal.origin import Origin as Origin
from pure_hb.journal.origin import current_origin as current_origin
from pure_hb.journal.origin import utc_now as utc_now
from pure_hb.journal.reader import JournalError as JournalError
from pure_hb.journal.reader import Torn as Torn
from pure_hb.journal.reader import read_journal as read_journal
from pure_hb.journal.records import Head as Head
from pure_hb.journal.records import Header as Header
from pure_hb.journal.records import Record as Record
from pure_hb.journal.replay import ReplayError as ReplayError
from pure_hb.journal.replay import fold as fold
from pure_hb.journal.snapshot import Snapshot as Snapshot
from pure_hb.journal.snapshot import SnapshotError as SnapshotError
from pure_hb.journal.snapshot import restored as restored
from pure_hb.journal.snapshot import snapshot_lines as snapshot_lines
from pure_hb.journal.snapshot import snapshot_of as snapshot_of
from pure_hb.journal.snapshot_file import read_snapshot as read_snapshot
from pure_hb.journal.snapshot_file import snapshot_path as snapshot_path
from pure_hb.journal.snapshot_file import write_snapshot as write_snapshot
from pure_hb.journal.verification import Disagreement as Disagreement
from pure_hb.journal.verification import Elsewhere as Elsewhere
from pure_hb.journal.verification import Part as Part
from pure_hb.journal.verification import Verification as Verification
from pure_hb.journal.verification import verify as verify
from pure_hb.journal.verifying import FileVerification as FileVerification
from pure_hb.journal.verifying import Machine as Machine
from pure_hb.journal.verifying import Noted as Noted
from pure_hb.journal.verifying import verify_file as verify_file
