"""WHAT DID A CAMPAIGN MEET? Its counts as text, and as a page."""

import pure_hb as hb
from property_tests.campaign_checks import CHEAP, OCCURRENCES, Counts
from property_tests.campaign_worlds import KINDS
from pure_hb.auditing import INVARIANTS
from pure_hb.testing import LAWS


def report(seed: int, counts: Counts, seconds: float, processes: int) -> str:
    """What is printed at the end."""
    names = [occurrence.name for occurrence in OCCURRENCES]
    never = [name for name in names if not counts.occurred[name]]
    lines = [
        f"seed {seed}, pure_hb {hb.__version__}",
        f"{counts.events:,} events in {sum(counts.worlds.values()):,} worlds, {seconds:,.0f} seconds, "
        f"{processes} processes: {counts.events / max(seconds, 1e-9):,.0f} events per second",
        f"the largest rung had {counts.largest_rung:,} entries, the largest world {counts.most_trials:,} trials",
        "",
        "worlds:",
        *(f"  {counts.worlds[kind]:12,} {what}" for kind, what in KINDS.items()),
        "",
        f"examined at every event: {len(CHEAP)} of {len(INVARIANTS)} invariants, and ranks by sorted lists; besides",
        f"(laws: each time over the first events of a world; there are {len(LAWS)}):",
        *(f"  {count:12,} {name}" for name, count in sorted(counts.checks.items())),
        "",
        "answers (* logged):",
        *(f"  {count:12,} {name}" for name, count in sorted(counts.answers.items())),
        "",
        f"what occurred, in the {counts.looked_at:,} events in which it was looked for:",
        *(f"  {counts.occurred[name]:12,} {name}" for name in names if counts.occurred[name]),
        "",
        f"never occurred: {', '.join(never) or 'nothing, all of these did'}",
    ]
    return "\n".join(lines)


def page(command: str, text: str) -> str:
    """The page."""
    return f"""# A campaign of random worlds

For those who want to know how the rules were tested. Worlds (random events of simulated workers, with random setups)
were played, and each answer was examined. Made by

    {command} --page docs/measurements/campaign.md

which plays the same worlds again. In short worlds, answers are compared with those of
[the twin](../../property_tests/twin.py); in all worlds, ranks and promotions with
[sorted lists](../../property_tests/quick_rungs.py). [The invariants](../../pure_hb/auditing/invariants.py) are checked
at every event or, if they need all trials, at fewer events of a large search. At the end of each world, its log must
fold to the same state. Some of the worlds are also written to JSON and read, verified, rebuilt by hand, and examined by
one of [the laws](../../pure_hb/testing/laws.py).

```text
{text}
```

One world is played again by `python property_tests/campaign.py --seed SEED --world NUMBER`. If it shows a fault, the
fewest events found that show it are printed, and the campaign itself prints this command.
"""
