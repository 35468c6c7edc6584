"""Numbers that say how good a model is, from arrays or features."""

from .coverage import DensityCoverage, density_coverage
from .estimate import Estimate
from .features import FeatureSpace, fit_features
from .frechet import frechet_distance
from .inception import classifier_score
from .kernel import kernel_distance
from .memorisation import Memorisation, memorisation
from .mixing import autocorrelation, autocorrelation_time, effective_sample_size
from .modes import ModeCoverage, mode_coverage
from .parzen import ParzenLikelihood, parzen_log_likelihood
from .precision import PrecisionRecall, precision_recall
from .probe import linear_probe
from .ranking import RankingScores, ranking_scores
from .reconstruction import reconstruction_error

__all__ = [
    "DensityCoverage",
    "Estimate",
    "FeatureSpace",
    "Memorisation",
    "ModeCoverage",
    "ParzenLikelihood",
    "PrecisionRecall",
    "RankingScores",
    "autocorrelation",
    "autocorrelation_time",
    "classifier_score",
    "density_coverage",
    "effective_sample_size",
    "fit_features",
    "frechet_distance",
    "kernel_distance",
    "linear_probe",
    "memorisation",
    "mode_coverage",
    "parzen_log_likelihood",
    "precision_recall",
    "ranking_scores",
    "reconstruction_error",
]
