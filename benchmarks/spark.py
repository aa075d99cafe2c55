"""Spark as the benchmarks ask it: on this machine, with two threads, warm."""

import shutil

from benchmarks.measure import NotInstalledError

SPARK = "PySpark, local[2], warm"


def session():
    """Return a session.

    Raises:
        NotInstalledError: PySpark or Java is not there.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise NotInstalledError("pyspark") from None
    if shutil.which("java") is None:
        raise NotInstalledError("java")
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "8g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", 4)
    builder = builder.config("spark.sql.session.timeZone", "UTC")
    opened = builder.config("spark.driver.maxResultSize", "0").getOrCreate()
    opened.sparkContext.setLogLevel("OFF")
    return opened
