"""HOW DOES A RUN LOOK? One self-contained page for a browser, and pictures for notebooks."""

from pure_hb.reporting.page import page as page
from pure_hb.reporting.page import write_page as write_page
