"""The rules of the assessment: what counts, until when, for how much, and in which order.

Pure values and functions over the standard library: nothing here reads a clock, a
database or a file (the edition catalogue, package data, is the one exception), so every
rule can be tested by calling it and a frozen outcome can be recomputed years later.
"""
