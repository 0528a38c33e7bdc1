"""A policy and a report -> what of it is met, what is not, and what these data cannot decide. Reads `report.json` only.

Nothing in here imports TensorFlow, matplotlib or what draws pages: `reportgen check` takes a third of a second.
"""
