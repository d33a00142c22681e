"""What `t2i train --init` does otherwise: which settings, and which step is kept."""

import sys
from typing import Any

from t2i_utils.quiet_import import quiet_import

# To fine-tune. The tenth that is held back to choose by is of all classes: a person wants pictures
# of these very classes, and few photographs of one class would say little of the others.
FINE_TUNING = {"split": "official", "stage": "1"}
CANDIDATES = 10  # steps of a fine-tuning that may be kept, besides step 0


def fine_tunes(asked: dict[str, Any]) -> bool:
    """Whether Stage I is fine-tuned now: a Stage II may follow in the same folder."""
    return asked["fine_tuning"] and asked["stage"] == "1"


def find_judge(pack: Any, split: str) -> Any:
    """What chooses among the steps of a fine-tuning; None where too few pictures are held back."""
    with quiet_import():
        from t2i_utils.evaluation.held_back import FEWEST, held_back_judge

    judge = held_back_judge(pack, split)
    if judge is None:
        print(
            f"fewer than {FEWEST} pictures are held back: too few to choose the best step by, the "
            "last one is kept",
            file=sys.stderr,
        )
    return judge


def what_is_kept(run: Any) -> str:
    """Which step of a fine-tuning is kept, after the scores of all."""
    from t2i_utils.training.choice import scores_in_words

    stage = run.stages[1]
    print(f"KID x 1000 to the held-back pictures: {scores_in_words(stage.scores)}")
    start = ", the set as it was" if stage.kept_step == 0 else ""
    return f"step {stage.kept_step} of {stage.step} is kept{start}; "
