"""``python -m pure_hb`` is ``pure-hb``."""

from pure_hb.cli import main

if __name__ == "__main__":
    main()
