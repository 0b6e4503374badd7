"""How the packaged weights are made: data, augmentation, training, export, quantisation, calibration, model card.

Needs the extra `[train]`. Never imported at run time; `goosh train` is its only door.
"""
