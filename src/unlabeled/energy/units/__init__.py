"""Units: what one layer of a Boltzmann machine is made of, a kind in each file."""

from unlabeled.energy.units.bernoulli import Bernoulli
from unlabeled.energy.units.gaussian import Gaussian
from unlabeled.energy.units.mixed import Mixed
from unlabeled.energy.units.multinomial import Multinomial
from unlabeled.energy.units.relu import NoisyReLU
from unlabeled.energy.units.softmax import Softmax
from unlabeled.energy.units.spin import Spin
from unlabeled.energy.units.unit import Unit

__all__ = [
    "UNITS",
    "Bernoulli",
    "Gaussian",
    "Mixed",
    "Multinomial",
    "NoisyReLU",
    "Softmax",
    "Spin",
    "Unit",
]

UNITS = {"bernoulli": Bernoulli, "spin": Spin, "gaussian": Gaussian, "relu": NoisyReLU}
