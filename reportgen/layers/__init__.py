"""The arithmetic of layers. One module per family of them.

Every name in `NAMES` is a module that exports `KINDS`, the exact Keras class names that it knows, and
`work_out(kind, config, input_shapes) -> Arithmetic`; a family whose layers are convolutions or poolings also exports
`ROLE`, "conv" or "pool". The modules beside them (`reading`, `sliding`, `wording`) are what the families share,
`arithmetic` finds the family of a kind, and `fields` follows receptive fields from layer to layer.
"""

NAMES = (
    "convolution",
    "depthwise",
    "separable",
    "transposed",
    "pooling",
    "global_pooling",
    "adaptive_pooling",
    "dense",
    "reshaping",
    "borders",
    "upsampling",
    "normalization",
    "activation",
    "pointwise",
    "merging",
    "operators",
    "einsum",
    "embedding",
    "recurrent",
    "conv_recurrent",
    "attention",
    "adjusting",
    "wrapping",
)
