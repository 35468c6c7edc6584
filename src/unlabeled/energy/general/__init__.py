"""The general Boltzmann machine: any two units may be joined."""
