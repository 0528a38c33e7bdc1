"""A report whose passes over the data are cut into blocks -> the same report, whoever goes through which block.

1. `plan`: a model, data and options -> a file that says what is to be done: the blocks, what is drawn at random, and
   hashes and versions by which every process sees that it works on the same.
2. `collecting`: a plan -> what some of its blocks leave; `parts` keeps that in files.
3. `merging`: a plan and all its parts -> the report, bit by bit the one that a single process makes.

`scheduling` has the workers of a Dask cluster do the second step.
"""
