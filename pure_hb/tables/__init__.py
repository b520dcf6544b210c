"""WHAT DOES A RECORDED CURVE SAY? Tables of learning curves, their answer to any configuration, and their files."""

from pure_hb.tables.errors import TableError as TableError
from pure_hb.tables.files import load_table as load_table
from pure_hb.tables.table import Table as Table
