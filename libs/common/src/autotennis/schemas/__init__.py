"""The events for others: JSON Schemas and a page made of the models, and what was promised of them by a release.

python -m autotennis.schemas write docs     # make schemas: after a model has changed
python -m autotennis.schemas check docs     # make check: they are those of the models, and no promise is broken
python -m autotennis.schemas release docs   # make release-schemas: what there is now is promised from now on
"""
