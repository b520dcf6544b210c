"""WHICH SQL DOES A STORE USE? The tables, and each statement once, in the SQL that SQLite and PostgreSQL share.

Each statement is a transaction. Parameters are named, ``:name``; the store changes them to the form of its library. A
lease or claim is valid while ``now < until <= now + length``. So a clock that was set back, or that began again when
the machine was started, ends it and never prolongs it.
"""

from typing import Final

SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS pure_hb_lines (
        journal TEXT NOT NULL, number BIGINT NOT NULL, digest {bytes} NOT NULL, line {bytes} NOT NULL,
        writer TEXT NOT NULL, PRIMARY KEY (journal, number)){rowid}""",
    """CREATE TABLE IF NOT EXISTS pure_hb_claims (
        journal TEXT PRIMARY KEY, holder TEXT NOT NULL, until {real} NOT NULL, length {real} NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS pure_hb_leases (
        journal TEXT NOT NULL, process TEXT NOT NULL, until {real} NOT NULL, length {real} NOT NULL,
        PRIMARY KEY (journal, process))""",
    """CREATE TABLE IF NOT EXISTS pure_hb_lost (
        journal TEXT NOT NULL, trial BIGINT NOT NULL, leg BIGINT NOT NULL, PRIMARY KEY (journal, trial, leg))""",
    """CREATE TABLE IF NOT EXISTS pure_hb_work (
        journal TEXT PRIMARY KEY, elapsed {real} NOT NULL, since {real} NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS pure_hb_snapshots (
        journal TEXT PRIMARY KEY, number BIGINT NOT NULL, data {bytes} NOT NULL)""",
)

_VALID: Final = "until > :now AND until <= :now + length"
_OLD_VALID: Final = "old.until > :now AND old.until <= :now + old.length"

BEGIN: Final = """INSERT INTO pure_hb_lines (journal, number, digest, line, writer)
    VALUES (:journal, :number, :digest, :line, :writer) ON CONFLICT DO NOTHING"""
FILL: Final = """INSERT INTO pure_hb_lines (journal, number, digest, line, writer)
    VALUES (:journal, :number, :digest, :line, :writer)"""
APPEND: Final = f"""INSERT INTO pure_hb_lines (journal, number, digest, line, writer)
    SELECT :journal, :number, :digest, :line, :writer
    WHERE EXISTS (SELECT 1 FROM pure_hb_lines
                  WHERE journal = :journal AND number = :number - 1 AND digest = :previous)
    AND NOT EXISTS (SELECT 1 FROM pure_hb_claims WHERE journal = :journal AND holder <> :writer AND {_VALID})
    ON CONFLICT DO NOTHING"""
LINES: Final = """SELECT number, digest, line FROM pure_hb_lines
    WHERE journal = :journal AND number >= :first ORDER BY number LIMIT :most"""
WRITTEN: Final = "SELECT digest, writer FROM pure_hb_lines WHERE journal = :journal AND number = :number"
CLAIM: Final = f"""INSERT INTO pure_hb_claims AS old (journal, holder, until, length)
    VALUES (:journal, :holder, :now + :seconds, :seconds)
    ON CONFLICT (journal) DO UPDATE SET holder = excluded.holder, until = excluded.until, length = excluded.length
    WHERE old.holder = excluded.holder OR NOT ({_OLD_VALID})"""
UNCLAIM: Final = "DELETE FROM pure_hb_claims WHERE journal = :journal AND holder = :holder"
RENEW: Final = """INSERT INTO pure_hb_leases (journal, process, until, length)
    VALUES (:journal, :process, :now + :seconds, :seconds)
    ON CONFLICT (journal, process) DO UPDATE SET until = excluded.until, length = excluded.length"""
LEAVE: Final = "DELETE FROM pure_hb_leases WHERE journal = :journal AND process = :process"
BURY: Final = f"DELETE FROM pure_hb_leases WHERE journal = :journal AND NOT ({_VALID})"
LIVING: Final = f"SELECT process FROM pure_hb_leases WHERE journal = :journal AND {_VALID}"
LOSE: Final = (
    """INSERT INTO pure_hb_lost (journal, trial, leg) VALUES (:journal, :trial, :leg) ON CONFLICT DO NOTHING"""
)
LOST: Final = "SELECT count(*) FROM pure_hb_lost WHERE journal = :journal AND trial = :trial"
BEGIN_WORK: Final = f"""INSERT INTO pure_hb_work AS old (journal, elapsed, since) VALUES (:journal, :elapsed, :now)
    ON CONFLICT (journal) DO UPDATE SET elapsed = excluded.elapsed, since = excluded.since
    WHERE NOT EXISTS (SELECT 1 FROM pure_hb_leases
                      WHERE journal = :journal AND process <> :process AND {_VALID})
    OR old.since > :now"""
WORK: Final = "SELECT elapsed, since FROM pure_hb_work WHERE journal = :journal"
SNAPSHOT: Final = "SELECT data FROM pure_hb_snapshots WHERE journal = :journal"
SAVE_SNAPSHOT: Final = """INSERT INTO pure_hb_snapshots AS old (journal, number, data)
    VALUES (:journal, :number, :data)
    ON CONFLICT (journal) DO UPDATE SET number = excluded.number, data = excluded.data
    WHERE old.number <= excluded.number"""
