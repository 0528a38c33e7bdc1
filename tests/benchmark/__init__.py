"""Ratios measured in one run: ours against the article's way, and against the parts that nobody can leave out.

Run with `python -m tests.benchmark` (`--only PART` for a part of it, `--json` for machines). Nothing here is asserted:
times belong to the machine that they were measured on, and are printed as ratios with the target that the project has
set itself.

Memory is what a program and all processes that it starts hold at one time: their resident memory, read from Linux's
/proc a hundred times a second and added up, so that pages which two of them share count twice. No figure is below the
peak that the kernel notes for the program itself.
"""
