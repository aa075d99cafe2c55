"""The one door to storage, in rooms of which each may import those before it.

`store` keeps, `intake` takes in, `monthly` runs a month, `scores` are tried, `answers` are given
and `commands` are typed. `settings` and `printing` belong to no room.
"""
