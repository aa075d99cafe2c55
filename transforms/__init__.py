"""What tables mean: pure functions on frames, without files, clock or Airflow.

`mapping` makes events of a lender's lines, `facts` count them; `features` and `scoring` look
at twelve months; `deciding` decides by `policies`, `watching` warns, `telling` explains, `plans`
look ahead and `training` fits scores. `tables` declares what is stored.
"""
