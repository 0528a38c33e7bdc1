"""The options of the commands, in groups. What each is called, what it takes and what its help says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from reportgen import registry
from reportgen.language.listing import listed
from reportgen.renderers import DEFAULTS

Command = TypeVar("Command", bound=Callable[..., Any])


def _with(command: Command, *options: Callable[[Command], Command]) -> Command:
    """Add options to a command, shown in this order."""
    for option in reversed(options):
        command = option(command)
    return command


class _Data(click.Option):
    """Asks the places that data comes from what they take, when the help is read: to import them takes a moment."""

    @property
    def help(self) -> str:
        """What the option takes."""
        places = tuple(registry.load("sources", name).IN_SHORT for name in registry.names("sources"))
        return f"Images: {', '.join(places[:-1])} or {places[-1]}."

    @help.setter
    def help(self, text: str | None) -> None:
        del text  # Click sets it when the option is made


def of_the_files(command: Command) -> Command:
    """Add the options that say which files are written, and where."""
    return _with(
        command,
        click.option(
            "--output",
            "-o",
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False),
            help="Folder for the files.  [default: reportgen-report]",
        ),
        click.option(
            "--format",
            multiple=True,
            type=click.Choice(registry.names("renderers")),
            help=f"Format to write, pdf-summary for page one alone; repeatable.  [default: {listed(DEFAULTS)}]",
        ),
        click.option(
            "--assets-dir",
            metavar="NAME",
            help=(
                "Put report.html's style sheet and pictures into a folder of this name beside it, for servers that"
                " allow none inside, such as Jenkins."
            ),
        ),
        click.option(
            "--summary",
            metavar="FILE",
            type=click.Path(path_type=Path, dir_okay=False),
            help="Append a summary in Markdown to FILE, such as $GITHUB_STEP_SUMMARY.",
        ),
    )


def of_keeping(command: Command) -> Command:
    """Add the option that says whether answers to single images are kept."""
    return _with(
        command,
        click.option(
            "--keep-answers",
            is_flag=True,
            help=(
                "Also write what is answered to each image, report-answers.npz, so that `reportgen diff` can compare"
                " two models image by image: the same as one more --format answers."
            ),
        ),
    )


def of_the_report(command: Command) -> Command:
    """Add the options that say what is in the report, and how it looks."""
    return _with(
        command,
        click.option("--title", help="Title of the report."),
        click.option(
            "--section",
            multiple=True,
            metavar="NAME",
            type=click.Choice(registry.names("sections")),
            help=f"Chapter to write: {', '.join(registry.names('sections'))}; repeatable.  [default: all]",
        ),
        click.option(
            "--skip-section",
            multiple=True,
            metavar="NAME",
            type=click.Choice(registry.names("sections")),
            help="Chapter to leave out; repeatable.",
        ),
        click.option(
            "--font-dir",
            multiple=True,
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="Folder of fonts for characters that the bundled ones lack: Chinese, emoji …; repeatable.",
        ),
        click.option(
            "--templates",
            metavar="DIR",
            type=click.Path(path_type=Path),
            help="Folder of templates that replace the report's own, run in a sandbox: parts.html, report.css …",
        ),
    )


def of_the_maps(command: Command) -> Command:
    """Add the options that say which activation maps are drawn, where, and how."""
    return _with(
        command,
        click.option(
            "--colormap", type=click.Choice(["gray", "viridis"]), help="Colours of activation maps.  [default: gray]"
        ),
        click.option(
            "--maps",
            type=click.Choice(["activated", "raw"]),
            help=(
                "Draw a conv layer's maps after the batch normalization and activation that follow it, or at its own"
                " output.  [default: activated]"
            ),
        ),
        click.option(
            "--scale-maps",
            type=click.Choice(["own", "common"]),
            help="Scale of each map: its own, or one for its layer.  [default: own]",
        ),
        click.option(
            "--layers", metavar="GLOB", help="Conv and pooling layers that get activation grids.  [default: all]"
        ),
        click.option(
            "--max-size",
            metavar="SIZE",
            help="Most that report.html may take, such as 25MB; the largest grids are shortened.  [default: 25MB]",
        ),
        click.option(
            "--pdf-channels",
            metavar="N",
            type=click.IntRange(min=1),
            help="Most maps of a layer in the PDF, the most active first.  [default: all that the page has]",
        ),
        click.option(
            "--policy",
            type=click.Path(path_type=Path),
            help="What the network must show, in TOML: a chapter, and exit code 4 or 5 where it is not met or decided.",
        ),
        click.option(
            "--card",
            type=click.Path(path_type=Path),
            help="What only the owner of the model can say, in TOML: a chapter, and a page for the technical file.",
        ),
        click.option(
            "--pdf-annexes",
            metavar="all|none|LIST",
            help="Annexes in the PDF, such as calculations,provenance. HTML and JSON have them all.  [default: all]",
        ),
    )


def of_the_answers(command: Command) -> Command:
    """Add the options that say how the answers to the samples are explained."""
    return _with(
        command,
        click.option(
            "--why",
            multiple=True,
            type=click.Choice(["integrated-gradients", "occlusion", "cam"]),
            help="Show by this method where the evidence for an answer is; repeatable.  [default: all three]",
        ),
        click.option(
            "--why-budget",
            metavar="COST",
            help=(
                "Multiply-adds that explaining the samples' answers may take, such as 2e11; beyond, it is done less"
                " thoroughly, and the report says what gave way.  [default: 3·10¹¹, and up"
                " to 20 times that before samples are left out]"
            ),
        ),
    )


def of_the_sampling(command: Command) -> Command:
    """Add the options that say how many of the images are looked at."""
    return _with(
        command,
        click.option(
            "--limit", type=int, metavar="N", help="Watch channels on N images drawn at random.  [default: all images]"
        ),
        click.option(
            "--limit-answers",
            type=int,
            metavar="N",
            help="Look at N images drawn at random, and at no others.  [default: all images]",
        ),
    )


def of_the_channels(command: Command) -> Command:
    """Add the options that say how closely the channels of conv layers are looked at, and how they are judged."""
    return _with(
        command,
        click.option(
            "--nearly-dead",
            type=float,
            metavar="SHARE",
            help="A channel that fires in a smaller share of the images is nearly dead.  [default: 0.001]",
        ),
        click.option(
            "--copy-correlation",
            type=float,
            metavar="R",
            help="A channel that correlates with another by more than R is its copy.  [default: 0.99]",
        ),
        click.option(
            "--class-level",
            type=float,
            metavar="P",
            help="A channel speaks for a class if chance says as much with probability P at most.  [default: 0.005]",
        ),
        click.option(
            "--class-selectivity",
            type=float,
            metavar="INDEX",
            help="... and if its class selectivity index is at least INDEX; 0.33: twice the others.  [default: 0.33]",
        ),
        click.option(
            "--ablation-budget",
            metavar="COST",
            help=(
                "What switching channels off may cost: seconds (60s) or forward passes of one image (5000).  [default:"
                " as many passes as make 4·10¹¹ multiply-adds]"
            ),
        ),
        click.option(
            "--dream",
            multiple=True,
            metavar="LAYER:CHANNEL",
            help=(
                "Make the image that excites this channel of a conv layer most; repeatable.  [default: the"
                " three most important of the last conv layer]"
            ),
        ),
        click.option(
            "--dream-steps",
            type=click.IntRange(1, 10_000),
            help=(
                "Steps of the gradient ascent that makes such an image.  [default: 64; fewer, at least 16, where three"
                " such images would take more than 10¹² multiply-adds]"
            ),
        ),
    )


_DATA = click.option("--data", cls=_Data)
_CLASSES = click.option(
    "--classes", type=click.Path(path_type=Path, dir_okay=False), help="File of class names: one a line, or JSON."
)
_PREPROCESS = click.option(
    "--preprocess",
    "--scale-input",
    "preprocess",
    metavar="HOW",
    help=(
        "How pixel values are brought to the model's range: 1/255, -1..1, 0..255, none,"
        " keras.applications.resnet50 and the like, or module:function.  [default: auto, decided from the model"
        " and the images]"
    ),
)
_RESIZE = click.option(
    "--resize",
    type=click.Choice(["crop", "stretch"]),
    help="Images of another size: proportions kept and the centre cut out, or stretched.  [default: crop, "
    "up to 8 times larger]",
)
_FEATURE = click.option(
    "--feature",
    multiple=True,
    metavar="image=NAME|label=NAME|mask=NAME",
    help="Feature of TFRecord, member of WebDataset or column of Parquet files with the image, the label or, in"
    " TFRecord files, the mask; repeatable.",
)


def of_the_data(command: Command) -> Command:
    """Add the options that say what the model looks at."""
    return _with(
        command,
        _DATA,
        _CLASSES,
        click.option(
            "--groups",
            type=click.Path(path_type=Path, dir_okay=False),
            help="File that sorts classes into kinds, for near misses: CSV (class,kind) or TOML.",
        ),
        click.option(
            "--pick",
            multiple=True,
            metavar="HOW",
            help="Samples to look at: index:2,17 per-class:1 random:5 confident:2 uncertain:2 wrong:4; repeatable.",
        ),
        _PREPROCESS,
        _RESIZE,
        click.option(
            "--answers",
            type=click.Choice(["auto", "classes", "input", "values"]),
            help="What picture-shaped outputs answer with: a class for each pixel, the input again, or values."
            "  [default: auto]",
        ),
        _FEATURE,
    )


def of_two_models(command: Command) -> Command:
    """Add the options that say how two models are run on the same images."""
    seed = click.option("--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of random choices.  [default: 0]")
    return _with(
        command, _DATA, _CLASSES, _PREPROCESS, _RESIZE, _FEATURE, of_the_sampling, seed, of_the_model
    )  # fmt: skip


def of_the_model(command: Command) -> Command:
    """Add the options that say how a model is read."""
    return _with(
        command,
        click.option(
            "--import",
            "imports",
            multiple=True,
            metavar="FILE.py|MODULE",
            help="Your own code with registered classes, run before the model is loaded; repeatable.",
        ),
        click.option(
            "--input-shape",
            metavar="H,W,C",
            help="Shape of one sample (a signal: 16000,1), where the model leaves it open.",
        ),
        click.option("--max-parameters", type=int, help="Most weights that a file may have.  [default: 2000000000]"),
        click.option("--max-memory", type=int, help="Most bytes of one layer's output.  [default: 4294967296]"),
    )


def of_the_run(command: Command) -> Command:
    """Add the rest of the options of `build`."""
    return _with(
        command,
        click.option("--rename", multiple=True, metavar="OLD=NEW", help="Give a layer another name; repeatable."),
        click.option(
            "--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of training and of random choices.  [default: 0]"
        ),
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False),
            help="TOML file with options of these names; the command line wins.",
        ),
    )


def of_a_trial(command: Command) -> Command:
    """Add the option to try a run without making it."""
    return click.option(
        "--dry-run",
        is_flag=True,
        help="Print what would be computed, shown and written, and about how long it would take; write nothing.",
    )(command)


def verbosity(command: Command) -> Command:
    """Add the options that say how much is printed."""
    command = click.option("-q", "--quiet", is_flag=True, help="Print errors only.")(command)
    return click.option("-v", "--verbose", count=True, help="Print more; -vv also shows TensorFlow's messages.")(
        command
    )
