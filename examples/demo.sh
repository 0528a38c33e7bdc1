#!/bin/sh
# Every command of reportgen once, on the default network. Writes into the folder that it is run in.
set -eu
reportgen train -o mnist.keras
reportgen summary mnist.keras
reportgen summary mnist.keras --layer conv_1
reportgen extract mnist.keras conv_1 -o mnist_to_conv_1.keras
reportgen build mnist.keras --data digits --rename input_layer=conv_0 --pick confident:1 --pick wrong:2
reportgen schema > report.schema.json
