"""Demand and, later, what it will be.

Words: *demand* of an item on a day is what orders asked for and were promised; refused orders count too, because
a forecast must learn what could have been sold.
"""
