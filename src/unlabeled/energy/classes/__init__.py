"""The class-conditional machine: a row of data and its class in one layer."""
