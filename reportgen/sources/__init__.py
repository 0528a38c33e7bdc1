"""What the user calls the data -> a dataset. One module per place that data comes from.

Every module exports `ACCEPTED` and `IN_SHORT`, what it takes in the words of an error and of a help page;
`accepts(spec)`, whether it is meant; and `open(spec, shape, reading)`, the dataset. One whose images and labels are
features with names says so with `HAS_FEATURES`. One that reads many files as one has `of_shards(shards, shape,
reading)`, one that knows before TensorFlow is imported what is wrong `check(spec)`. One that the default network can be
trained on has `training_set()`, and `SPEC`, what the user calls the images that are held out from it. `opening` asks
them in the order of `NAMES`.
"""

NAMES = (
    "digits",
    "keras_set",
    "function",
    "npz",
    "npy",
    "tfrecord",
    "webdataset",
    "parquet",
    "sharded",
    "folder",
    "manifest",
)
