"""Words of a command line become the values that a Python user would have written."""

import numpy as np
import pytest

import unlabeled
from unlabeled import variational
from unlabeled.cli.mistakes import UsageMistake, did_you_mean
from unlabeled.cli.parser import Parser
from unlabeled.cli.signatures import REQUIRED, Option, _defaults, method_options, model_options
from unlabeled.cli.values import parameter_classes, parse_value
from unlabeled.energy import CD, PCD, Gaussian

SAMPLER = Option("sampler", "pcd", '{"pcd", "cd"} or Sampler, default="pcd"')


@pytest.mark.parametrize(
    ("text", "option", "value"),
    [
        ("3", Option("n", 1), 3),
        ("1e3", Option("n", 1), 1000),
        ("-2", Option("n", 1), -2),
        ("0.5", Option("n", 1, "int or float"), 0.5),
        ("3", Option("rate", 0.1), 3.0),
        ("1e-3", Option("rate", 0.1), 1e-3),
        ("None", Option("rate", 0.1), None),
        ("7", Option("seed", None), 7),
        ("none", Option("seed", None), None),
        ("[1, 2]", Option("seed", None), [1, 2]),
        ("pcd", SAMPLER, "pcd"),
        ("7", Option("device", "auto", "str"), "7"),
        ("100", Option("n_steps", "auto", 'int or "auto"'), 100),
        ("500,250", Option("sizes", (1,)), (500, 250)),
        ("500", Option("sizes", (1,)), (500,)),
        ("no", Option("centered", True), False),
    ],
)
def test_a_text_becomes_the_value_of_its_kind(text, option, value):
    parsed = parse_value(text, option)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("text", "option", "message"),
    [
        ("fast", Option("learning_rate", 0.1), "--learning-rate expects a number, got 'fast'"),
        ("1.5", Option("n_epochs", 10), "--n-epochs expects a whole number, got '1.5'"),
        ("maybe", Option("centered", True), "--centered expects true or false, got 'maybe'"),
        ("a,b", Option("sizes", (1,)), "--sizes expects values such as 500,250"),
        ("bf61", Option("precision", "f", '{"float32", "bf16"}'), r"\(did you mean bf16\?\)"),
    ],
)
def test_a_text_of_another_kind_is_refused_with_the_option(text, option, message):
    with pytest.raises(UsageMistake, match=message):
        parse_value(text, option)


def test_objects_are_built_from_their_calls():
    assert parse_value("PCD(n_steps=25, n_chains=1000)", SAMPLER).options() == {
        "n_steps": 25,
        "n_chains": 1000,
    }
    assert isinstance(parse_value("CD(3)", SAMPLER), CD)
    assert (
        parse_value(
            "Gaussian(variance=0.5)", Option("visible", "bernoulli", "str or Unit")
        ).variance
        == 0.5
    )
    linear = parse_value("Linear(0.1, end=-0.5)", Option("learning_rate", 0.1))
    assert (linear.start, linear.end) == (0.1, -0.5)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "__import__('os')",
        "exec('1')",
        "open('/etc/passwd')",
        "unlabeled.energy.PCD(1)",
        "PCD.__init__(1)",
        "(lambda: 1)()",
        "PCD(n_steps=__import__('os').getpid())",
        "PCD(n_steps=[x for x in (1,)][0])",
        "PCD(n_steps=n)",
        "PCD(**{'n_steps': 1})",
        "PCD(*[1])",
        "Spec()",
        "Sampler()",
    ],
)
def test_nothing_else_is_ever_called(text, monkeypatch):
    monkeypatch.setattr("os.system", pytest.fail)
    with pytest.raises(UsageMistake):
        parse_value(text, SAMPLER)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PDC(1)", r"did you mean PCD\?"),
        ("PCD(n_step=1)", r"PCD has no argument 'n_step' \(did you mean n_steps\?\)"),
        ("PCD(n_steps=0)", "n_steps"),
        ("PCD(1, 2, 3)", "too many positional arguments"),
    ],
)
def test_a_wrong_object_is_refused_with_a_sentence(text, message):
    with pytest.raises(UsageMistake, match=message):
        parse_value(text, SAMPLER)


def test_parameter_classes_are_usable_ones_only():
    classes = parameter_classes("str or Unit")
    assert {"PCD": PCD, "CD": CD, "Gaussian": Gaussian}.items() <= classes.items()
    assert parameter_classes("str or Likelihood")["Gaussian"] is variational.Gaussian
    assert not {"Spec", "Unit", "Sampler", "Schedule"} & set(classes)


@pytest.mark.parametrize("name", [name for name in unlabeled._HOME if name[0].isupper()])
def test_options_read_from_source_are_those_of_the_class(name):
    options = model_options(name)
    defaults = _defaults(getattr(unlabeled, name).__init__)
    assert {o.name: repr(o.default) for o in options} == {k: repr(v) for k, v in defaults.items()}
    assert [o.name for o in options if not o.text] == []


def test_options_of_a_method_leave_out_what_is_not_typed():
    options = method_options(unlabeled.RBM.sample, skip=("start", "y"))
    assert [o.name for o in options] == ["n_samples", "n_steps", "mean", "random_state"]


@pytest.fixture
def parser():
    parser = Parser("try", "A parser.")
    parser.add_argument("data", metavar="DATA")
    parser.add_options(
        "parameters", [Option("centered", True), Option("n_epochs", 10), Option("rate", 0.1)]
    )
    return parser


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["--centered"], True),
        (["--no-centered"], False),
        (["--centered", "False"], False),
        (["--centered=no"], False),
        (["--centered=true"], True),
    ],
)
def test_a_switch_may_be_typed_in_every_usual_way(parser, words, value):
    for line in ([*words, "digits"], ["digits", *words]):
        args, params = parser.parse(line)
        assert (args.data, params) == ("digits", {"centered": value})


def test_only_typed_parameters_come_back(parser):
    assert parser.parse(["digits"])[1] == {}
    assert parser.parse(["--n_epochs", "3", "digits", "--rate=-1"])[1] == {
        "n_epochs": 3,
        "rate": -1.0,
    }


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digits", "--n-epoch", "3"], r"no option --n-epoch \(did you mean --n-epochs\?\)"),
        (["digits", "--centred"], r"did you mean --centered\?"),
        (["digits", "more"], "unexpected argument 'more'"),
        ([], "required: DATA"),
        (["digits", "--n-epochs"], "expected one argument"),
    ],
)
def test_a_mistyped_line_is_answered(parser, words, message):
    with pytest.raises(UsageMistake, match=message):
        parser.parse(words)


def test_a_required_parameter_is_required():
    parser = Parser("try", "A parser.")
    parser.add_options("parameters", [Option("sizes", REQUIRED)])
    with pytest.raises(UsageMistake, match="--sizes"):
        parser.parse([])


def test_help_shows_type_default_and_text_without_markup(parser):
    parser.add_options("more", [Option("x", 2, "int", "About :class:`~a.B`, 50% of ``c``.")])
    assert "About a.B, 50% of c. (int, default=2)" in " ".join(parser.format_help().split())


def test_nothing_near_means_no_suggestion():
    assert did_you_mean("zzz", ["mnist", "digits"]) == ""
    assert np.all([did_you_mean(w, ["mnist"]) for w in ("minst", "MNIST", "mnst")])
