"""Rules that only a policy asks for: bounds on data, answers and cost, and what there is to say of waivers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence

_asked = partial(Rule, severity="failed", since="0.2.0", found_by="check")
_INTERVAL = (
    " The bound holds only where the whole exact interval (Clopper and Pearson 1934, two-sided, at the policy's "
    "`confidence`) lies on its right side, and is broken only where it lies on the wrong one."
)

TOO_MANY_PARAMETERS = _asked(
    code="RG141",
    name="too-many-parameters",
    title="The network has more parameters than the policy allows",
    means="The count of all weights, trained or not, is above the bound.",
    why="Parameters take memory and download time wherever the network runs.",
    measured="The model's own count, which the report compares with the sum over its layers.",
    cannot_tell="It says nothing of speed: few parameters may be used often.",
    mend="Use fewer or narrower layers, or raise `cost.parameters`.",
)
TOO_MANY_MULTIPLY_ADDS = _asked(
    code="RG142",
    name="too-many-multiply-adds",
    title="One prediction costs more multiply-adds than the policy allows",
    means="The arithmetic for one image is above the bound.",
    why="On the device it is meant for, a prediction may take too long or too much energy.",
    measured="The sum over all layers with a formula, for one image, biases not counted.",
    cannot_tell="Layers without a formula are not counted; where there is one, the bound cannot be measured.",
    mend="Use a smaller input, fewer channels or separable convolutions, or raise `cost.multiply-adds`.",
)
WEIGHTS_TOO_LARGE = _asked(
    code="RG143",
    name="weights-too-large",
    title="The weights take more bytes than the policy allows",
    means="All weights together, in the number format that they are stored in, are larger than the bound.",
    why="They have to fit where the network is shipped to.",
    measured="Elements times bytes of each weight, without what a file adds.",
    cannot_tell="It is not the size of the model's file.",
    mend="Quantize or prune the network, or raise `cost.weights-size`.",
)
LABELS_MISSING = _asked(
    code="RG204",
    name="labels-missing",
    title="The policy needs labels, and there are none",
    means="The report was made without true classes.",
    why="Without them nothing is known of how often the network is right.",
    measured="Whether the data came with labels for an output of the model.",
    cannot_tell="It does not say whether the labels are right.",
    mend="Give data with labels, or take `data.labels` out of the policy.",
)
TOO_FEW_IMAGES = _asked(
    code="RG205",
    name="too-few-images",
    title="There are fewer images than the policy asks for",
    means="The data hold fewer readable images than the bound.",
    why="On few images, hardly any bound can be shown to hold.",
    measured="The number of images that the report is about, unreadable ones not counted.",
    cannot_tell="Many images of one kind may still say little of others.",
    mend="Give more images, or lower `data.min-images`.",
)
TOO_FEW_OF_A_CLASS = _asked(
    code="RG206",
    name="too-few-of-a-class",
    title="A class has fewer images than the policy asks for",
    means="The class with the fewest images has fewer than the bound.",
    why="Its recall cannot be told from chance on a handful of images.",
    measured="The images of each true class that the data hold.",
    cannot_tell="Classes that the data do not hold at all are not counted.",
    mend="Give more images of that class, or lower `data.min-images-per-class`.",
)
DATA_NOT_AS_NAMED = _asked(
    code="RG207",
    name="data-not-as-named",
    title="The data are not those that the policy names",
    means="The SHA-256 of the data is another than that in the policy.",
    why="Bounds that were set for one data set mean something else on another.",
    measured="The hash of the data as the chapter on provenance gives it, with the command that makes it again.",
    cannot_tell="It does not say what differs.",
    mend="Use the data that are named, or write the new hash into `data.sha256` on purpose.",
)
ACCURACY_LOW = _asked(
    code="RG301",
    name="accuracy-low",
    title="The accuracy is not shown to be above the policy's bound",
    means="On these images, the share of correct predictions lies below the bound, or cannot be told from it.",
    why="A number above its bound proves little: a network that just meets the bound is above it in half of all runs.",
    measured="Correct predictions among all images with labels." + _INTERVAL,
    cannot_tell="On few images most bounds stay undecided; the message says how many it would take at least.",
    mend="Give more images where it is undecided. Else improve the network, or lower `performance.accuracy`.",
)
CLASS_RECALL_LOW = _asked(
    code="RG302",
    name="class-recall-low",
    title="A class is not shown to be found as often as the policy asks",
    means="Of one class, the share of its images that are recognised lies below the bound, or cannot be told from it.",
    why="A good accuracy can hide a class that is mostly missed.",
    measured=(
        "Each class must pass by itself (Berger 1982, intersection-union test); one is blamed at the level divided by "
        "the number of classes (Bonferroni)." + _INTERVAL
    ),
    cannot_tell="Classes with few images stay undecided.",
    mend="Give more images of the class where it is undecided, or train on more of them.",
)
NO_BETTER_THAN_COMMONEST = _asked(
    code="RG303",
    name="no-better-than-commonest",
    title="The network is not shown to beat always predicting the commonest class",
    means="Its accuracy lies at or below what the commonest class alone would get.",
    why="Such a network may have learned nothing but how often classes occur.",
    measured="The accuracy against the share of the commonest class in these data." + _INTERVAL,
    cannot_tell="A network that beats it may still use a shortcut.",
    mend="Look at the classes that it confuses, and at how the data were made.",
)
CALIBRATION_OFF = _asked(
    code="RG304",
    name="calibration-off",
    title="The confidence is not shown to be as honest as the policy asks",
    means="The expected calibration error lies above the bound, or cannot be told from it.",
    why="A confidence that does not mean what it says misleads whoever decides by it.",
    measured=(
        "From the ten bins of the chapter: predictions are drawn anew 2,000 times (multinomial over bins, binomial "
        "within). It passes by the upper quantile, and fails by the basic bootstrap's lower bound."
    ),
    cannot_tell=(
        "A perfectly calibrated network shows some error, too, the more the fewer images: a bound below that stays "
        "undecided."
    ),
    mend="Scale the logits by a temperature that was fitted on other data, or raise `performance.calibration-error`.",
)
MEAN_ERROR_HIGH = _asked(
    code="RG305",
    name="mean-error-high",
    title="The mean error is not shown to be below the policy's bound",
    means="The mean absolute error of predicted values is not known to lie below the bound.",
    why="It is what the predictions are off by, on average.",
    measured=(
        "The mean absolute difference of predicted and true values over all images, with its interval, which allows for"
        " skewed errors (Hall 1992)."
    ),
    cannot_tell="On fewer than 30 images there is no interval, and between its ends it is not decided.",
    mend="Train on more such data, take more images, or raise `performance.mean-error`.",
)
_PAIRED = (
    "Where both reports were built with --keep-answers, it comes from the images that only one of both gets right "
    "(Tango 1998); else from both counts, as of separate images (Newcombe 1998, method 10), and is wide."
)
ACCURACY_DROPPED = _asked(
    code="RG601",
    name="accuracy-dropped",
    title="The accuracy is not shown to have kept to what it was",
    means="The accuracy may have dropped by more than the policy allows since its baseline.",
    why="A new network that is worse than the old one on the same images should not take its place unseen.",
    measured=f"The interval of new minus old: it is met where all of it lies above the drop allowed. {_PAIRED}",
    cannot_tell="Few images leave a wide interval. It compares these weights, and not two ways of training.",
    mend="Train again, take more images, or raise `baseline.accuracy-drop`.",
)
ANSWERS_FLIPPED = _asked(
    code="RG602",
    name="answers-flipped",
    title="Too many images were right and are wrong now",
    means="The share of images that only the old network gets right is not known to lie below the bound.",
    why="Whoever relied on a right prediction meets a wrong one, even where as many others are mended.",
    measured="Images that were right and are wrong now, of all, with the exact interval (Clopper and Pearson 1934).",
    cannot_tell="Training again from another seed alone flips about one image in a hundred of a small network.",
    mend="Start the training from the old weights, or raise `baseline.negative-flips`.",
)
CLASS_DROPPED = _asked(
    code="RG603",
    name="class-dropped",
    title="A class is not shown to have kept to what it was",
    means="The images of a class may be found less often than the policy allows since its baseline.",
    why="An accuracy that stays the same hides that one class paid for another.",
    measured=f"The interval of new minus old, class by class; one is blamed at a chance divided by all. {_PAIRED}",
    cannot_tell="A class of few images is undecided.",
    mend="Look at what its images are taken for now, take more of them, or raise `baseline.class-drop`.",
)
CALIBRATION_WORSE = _asked(
    code="RG604",
    name="calibration-worse",
    title="The confidence is not shown to be as honest as it was",
    means="The expected calibration error may have grown by more than the policy allows since its baseline.",
    why=(
        "Pruning and training on change how sure a network is before they change what it predicts: with 80 % of the"
        " default network's weights pruned, the accuracy fell by ten points and the calibration error rose by fifty."
    ),
    measured=(
        "The interval of new minus old: predictions are drawn anew 2,000 times from the ten bins of either chapter, as"
        " of separate images. Each end is the farther one of the percentile and of the basic bootstrap."
    ),
    cannot_tell=(
        "On few images the interval is wide, and on the same images wider than it need be. Bins do not show an error"
        " that cancels inside one of them."
    ),
    mend="Scale the logits by a temperature fitted on other data, or raise `baseline.calibration-growth`.",
)
ARCHITECTURE_CHANGED = _asked(
    code="RG606",
    name="architecture-changed",
    title="The network is built otherwise than the baseline's",
    means="Layers came, went, read from other layers, or have other settings, shapes or numbers of parameters.",
    why="What was shown of one architecture (memory, time, a conversion that works) does not hold for another.",
    measured=(
        "Layers are aligned in the order of computation by kind, settings, shapes and parameters (Needleman and Wunsch"
        " 1970). New names alone are no change."
    ),
    cannot_tell="It does not see what a custom layer does inside, nor weights: those always differ after training.",
    mend="Look at what `reportgen diff` lists, or take `baseline.same-architecture` out of the policy.",
)
CLASSES_REORDERED = _asked(
    code="RG607",
    name="classes-reordered",
    title="The classes are others than the baseline's, or in another order",
    means="The names of the classes, by index, are not those of the baseline.",
    why="Whatever reads the index of an answer would take one class for another, and no number would show it.",
    measured="The names of the classes in both reports, in their order.",
    cannot_tell=(
        "Where data and network agree on a wrong order it sees nothing, and without names it cannot be measured."
    ),
    mend="Give the classes in the order of the old network, or take `baseline.same-classes` out of the policy.",
)
NEW_DEAD_CHANNELS = _asked(
    code="RG605",
    name="channels-died",
    title="More channels are dead than before",
    means="The network has more channels that never fire than its baseline, by more than the policy allows.",
    why="They cost as before and do nothing.",
    measured="Dead channels over all layers that were watched, now less before.",
    cannot_tell="On other images a channel may fire. Two reports on few images differ by chance.",
    mend="Lower the learning rate, look at the layers that RG401 names, or raise `baseline.dead-channels-more`.",
)
DATA_DIFFER = _asked(
    code="RG608",
    name="baseline-data-differ",
    title="The data are others than those of the baseline",
    means="The hash of the data is not that of the baseline's.",
    why="Two networks are compared fairly on the same images only.",
    measured="The SHA-256 of the data in both reports.",
    cannot_tell="It does not say what differs, or by how much.",
    mend="Make both reports on the same data, or take `baseline.same-data` out of the policy.",
)
COST_GREW = _asked(
    code="RG609",
    name="cost-grew",
    title="The network has grown by more than the policy allows",
    means="It has more parameters than its baseline, by more than the bound.",
    why="Cost that creeps from release to release is seen by nobody.",
    measured="Parameters now over parameters before, less one.",
    cannot_tell="It says nothing of what the growth brought.",
    mend="Take what is not needed out again, or raise `baseline.parameters-growth`.",
)
NEW_FINDINGS = _asked(
    code="RG610",
    name="new-findings",
    title="Something was found that the baseline does not have",
    means="A finding of the weight that the policy names is there now and was not before, at the same place.",
    why="What was there before is known; what is new came with the last change.",
    measured="Findings by rule and place in both reports. Each new one fails under its own rule.",
    cannot_tell="A layer that is not aligned with one of before has new places, and its findings are new.",
    mend="Read the page of the rule that is named.",
)
BASELINE_MISSING = _asked(
    code="RG905",
    name="baseline-missing",
    title="The policy's baseline is not there",
    means="The report that the policy names as its baseline was not found.",
    why="A comparison that is silently left out lets everything through.",
    measured="`baseline.report`, a path from the folder of the policy.",
    cannot_tell="It does not say whether it was ever there.",
    mend="Fetch the report of the last release before the check, or take `[baseline]` out.",
)
WAIVER_EXPIRED = _asked(
    code="RG901",
    name="waiver-expired",
    title="A waiver has expired",
    means="The last day on which a waiver counts has passed, so it counts no more.",
    why="An exception that nobody looks at again becomes the rule.",
    measured="`expires` against the day of `--today`, else that of SOURCE_DATE_EPOCH, else the clock's.",
    cannot_tell="It does not know whether the reason still holds.",
    mend="Mend what was waived, or write a new reason and a new day.",
)
WAIVER_UNUSED = _asked(
    code="RG902",
    name="waiver-unused",
    title="A waiver meets nothing any more",
    means="What was waived is not found any more at the waiver's place.",
    why="A waiver that stays would hide the finding when it comes back.",
    measured="The rule and the pattern of places against all results that are not met.",
    cannot_tell="A misspelled place is unused as well.",
    mend="Remove the waiver, or correct its `where`.",
)
NOTHING_CHECKED = _asked(
    code="RG906",
    name="nothing-checked",
    title="The policy asks for nothing",
    means="No table of the policy holds a demand.",
    why="No results look the same as good results where nothing was checked.",
    measured="The number of demands in the policy.",
    cannot_tell="It does not know what should have been asked.",
    mend="Write demands into the policy; `reportgen policy init report.json` makes a start.",
)
CARD_FIELD_MISSING = _asked(
    code="RG721",
    name="card-field-missing",
    title="A field that the policy asks for is not in the owner's card",
    means="The owner of the model did not state something that the policy asks for, or no card was given.",
    why="Purpose, data and limits cannot be measured: where the owner does not say them, nobody knows them.",
    measured="Each field of `card.required` against the chapter on the card, which `--card` adds to a report.",
    cannot_tell="It knows whether something is stated, not whether it is true.",
    mend="Fill in the field, and make the report again with `--card`.",
)
RULES = (
    TOO_MANY_PARAMETERS, TOO_MANY_MULTIPLY_ADDS, WEIGHTS_TOO_LARGE, LABELS_MISSING, TOO_FEW_IMAGES, TOO_FEW_OF_A_CLASS,
    DATA_NOT_AS_NAMED, ACCURACY_LOW, CLASS_RECALL_LOW, NO_BETTER_THAN_COMMONEST, CALIBRATION_OFF, MEAN_ERROR_HIGH,
    ACCURACY_DROPPED, ANSWERS_FLIPPED, CLASS_DROPPED, CALIBRATION_WORSE,
    NEW_DEAD_CHANNELS, ARCHITECTURE_CHANGED, CLASSES_REORDERED, DATA_DIFFER, COST_GREW, NEW_FINDINGS,
    CARD_FIELD_MISSING, BASELINE_MISSING, WAIVER_EXPIRED, WAIVER_UNUSED, NOTHING_CHECKED,
)  # fmt: skip


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Find nothing: what these rules ask for stands in a policy, and `policy.judging` holds a report against it."""
    del evidence
    yield from ()
