"""A model and images -> a report, step by step.

The way of a model, one module a step, each of which only knows those before it:

1. `origins`: a model file, or nothing -> a living model and what is known of where it comes from.
2. `feeding`: what the user calls the data -> the data as they came.
3. `preparing`: both -> the subject: layers renamed, data fitted, the network inspected, the choices checked.
4. `probing`: the subject -> what each probe saw, as evidence.
5. `reporting`: the evidence -> findings, chapters, a report; `keeping` has it made again where the page is too large.

`explain` goes this way for a model in memory, `callback` for one in training, the command line for a file; `forecast`
goes as far as the subject. `parts` are questions that need no report, `read` comes back from a file, and `result` is
the report as a person holds it.
"""
