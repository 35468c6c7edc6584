"""scikit-learn's own checks, over every public estimator."""

import pytest
from estimators import REALS, each, make, public
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

# {class: {check: why it contradicts the mathematics}}; should stay nearly empty.
EXPECTED_FAILED: dict[str, dict[str, str]] = {}

# Checks that scikit-learn runs for its own estimators only.
OUR_CHECKS = [
    estimator_checks.check_set_output_transform,
    estimator_checks.check_set_output_transform_pandas,
    estimator_checks.check_set_output_transform_polars,
    estimator_checks.check_global_output_transform_pandas,
    estimator_checks.check_global_set_output_transform_polars,
    estimator_checks.check_transformer_get_feature_names_out,
    estimator_checks.check_transformer_get_feature_names_out_pandas,
    estimator_checks.check_get_feature_names_out_error,
    estimator_checks.check_dataframe_column_names_consistency,
    estimator_checks.check_n_features_in_after_fitting,
    estimator_checks.check_inplace_ensure_writeable,
]

# The checks feed standard normal values to everybody, and fit on frames what they ask by arrays.
quiet = pytest.mark.filterwarnings(
    "ignore:.* are meant for values in:UserWarning",
    "ignore:X (has|does not have valid) feature names:UserWarning",
)


@quiet
@parametrize_with_checks(
    [make(cls, **REALS.get(cls.__name__, {})) for cls in public()],
    expected_failed_checks=lambda model: EXPECTED_FAILED.get(type(model).__name__, {}),
)
def test_scikit_learn(estimator, check):
    check(estimator)


@quiet
@each("transform")
@pytest.mark.parametrize("check", OUR_CHECKS, ids=lambda check: check.__name__)
def test_scikit_learn_of_its_own(cls, check):
    check(cls.__name__, make(cls, **REALS.get(cls.__name__, {})))


def test_every_exemption_is_of_a_check_that_exists():
    names = {cls.__name__ for cls in public()}
    for model, checks in EXPECTED_FAILED.items():
        assert model in names
        assert all(hasattr(estimator_checks, check) for check in checks)
