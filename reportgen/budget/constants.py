"""Measured sizes of the parts of a report, bytes: what the plan estimates from."""

from __future__ import annotations

# A sample that is no picture: its curves or strips.
CHART = 40_000
# Bytes of markup: measured on one report of ResNet50 and rounded up; those of JSON and PDF are assumed.
PAGE = 500_000
CARD_BYTES = 3_500
"""What a card of a channel takes in the page besides its pictures, measured on two networks and rounded up."""
BLOCK_BYTES = 0.75
"""What a pixel of the nine images of a card takes, at most: measured on digits and on photographs."""
INDEX_BYTES = 1_600
"""What the best patch of a channel takes in the index, at most."""
STRIP_BYTES = 1_100
"""What a strip of eight channels takes in the page besides its picture."""
# What a card shows besides its nine images: an average, as large as a patch may be drawn.
PATCH_SIDE = 32
COLOURS = 3
# Those of a layer that has no room for more: the second is the channel that is needed most, where the first speaks for
# a class. Where they are larger, the page is measured and the grids give way.
FIRST_CARDS = 2 * 40_000
# Cards take at most so much, and a fifth of the budget; above so much of maps and cards together the cards give way.
MOST_CARDS = 5_300_000
SHARE_OF_CARDS = 5
MAPS_AND_CARDS = 14_000_000
LEAST_CARDS = 400_000
PAGE_PER_CALL = 5_500
PAGE_PER_GRID = 4_000
PAGE_PER_MAP = 60
"""What a map takes besides its picture: the number of its channel, below it or at the edge of the sheet."""
JSON_PER_CALL = 9_000
JSON_PER_GRID = 3_000
JSON_PER_CHANNEL = 380
# What every channel did over the data, the mean of one class, a card without its patches, a patch.
JSON_PER_RESPONSE = 1_700
JSON_PER_MEAN = 34
JSON_PER_CARD = 1_400
JSON_PER_PATCH = 270
# How often the network is right: charts, a class, and of report.json a class and a pair of classes that occurs.
PERFORMANCE = 320_000
PERFORMANCE_PER_CLASS = 1_300
MISTAKES = 8
JSON_PERFORMANCE = 20_000
JSON_PER_CLASS = 560
JSON_PER_PAIR = 90
# Predictions pixel by pixel: images that are predicted worst, and pictures beside one: true, predicted, differing.
WORST = 4
PANELS = 3
# Why a sample was answered as it was: charts, sums and enlarged pictures; of report.json the numbers, and what the maps
# take for each pixel of the image. Measured on digits and on photographs.
REASON = 170_000
JSON_REASON = 32_000
JSON_PER_PIXEL = 2
JSON_PER_PLACE = 1_200
MOST_PLACES = 24
# What each layer sees: so many layers have a spread with so many samples at most, a deeper network one for each
# resolution. Of a sample it takes a few tiles, each some of what the image does, and small maps of many channels.
MOST_LAYERS = 8
MOST_ROWS = 6
MOST_TILES = 6
MOST_IN_SHEET = 64
TILE, MOST_TILE, TILE_SHARE = 1_500, 7_000, 20
SMALL_MAP = 1_000
PDF = 150_000
PDF_PER_CALL = 3_000
PDF_PER_MAP = 60
FEWEST = 16
"""Maps of a grid that the first step leaves."""
MARGIN = 8
"""Of a page, so much of it is added: its parts were measured one by one on few networks."""
JSON_PAGE = 200_000
"""What report.json takes for every network."""
