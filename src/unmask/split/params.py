"""The section `split` of params.yaml."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from unmask.params import Section, Seed

Balance = Literal["none", "undersample", "weights", "pairs"]
Names = Literal["all"] | tuple[str, ...]
TOLERANCE = 1e-9
# Test, validation and train each need a fold of their own.
FEWEST_FOLDS = 3


class Shares(Section):
    """Which share of the groups of identities goes where; the three add up to 1.

    Attributes:
        train: Share of train.
        val: Share of val.
        test: Share of test; 0 if other corpora test.
    """

    train: Annotated[float, Field(gt=0, lt=1)]
    val: Annotated[float, Field(gt=0, lt=1)]
    test: Annotated[float, Field(ge=0, lt=1)]

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        total = self.train + self.val + self.test
        if abs(total - 1) > TOLERANCE:
            raise ValueError(f"train, val and test must add up to 1, not {total:g}")
        return self


class Params(Section):
    """Who is in which split.

    Attributes:
        seed: Seed of dealing, cutting, balancing and of the probe's folds.
        train_on: Corpora that train. Every corpus tests.
        validate_on: Corpora that validate.
        leave_out: What neither trains nor validates: a corpus, a method in all corpora, or `<corpus>/<method>`; case
            does not count in methods, and a part of one that is joined by `+` is enough.
        folds: Into how many folds identities are dealt for cross-validation; 0 for none, and official lists win.
        fold: Which fold tests; the next one validates.
        shares: How identities are dealt where there is no official split.
        whole: Up to how many identities a group that hangs together stays whole; a larger one is cut.
        straddling: Whether clips of one source that official lists put into different splits are only reported, or
            dropped from the less protected one.
        balance: How train is balanced.
        shortcut: AUC of the shortcut probe above which it warns.
        near: Up to how many bits the hashes of two faces may differ to count as near-duplicates; 0 looks for none.
    """

    seed: Seed
    train_on: Names
    validate_on: Names
    leave_out: tuple[str, ...]
    folds: Annotated[int, Field(ge=0)]
    fold: Annotated[int, Field(ge=0)]
    shares: Shares
    whole: Annotated[int, Field(ge=1)]
    straddling: Literal["report", "drop"]
    balance: Balance
    shortcut: Annotated[float, Field(ge=0.5, le=1)]
    near: Annotated[int, Field(ge=0)]

    @field_validator("train_on", "validate_on", mode="before")
    @classmethod
    def _all_or_names(cls, value: object) -> object:
        if value == "all":
            return value
        names = tuple(value) if isinstance(value, (list, tuple)) else ()
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError("must be `all` or a list of at least one corpus")
        return names

    @field_validator("train_on", "validate_on", "leave_out")
    @classmethod
    def _name_each_once(cls, names: Names) -> Names:
        if names != "all" and len(set(names)) < len(names):
            raise ValueError("must name each once")
        return names

    @field_validator("folds")
    @classmethod
    def _enough_folds(cls, folds: int) -> int:
        if 0 < folds < FEWEST_FOLDS:
            raise ValueError(f"must be 0, or at least {FEWEST_FOLDS}: one each to test, validate and train")
        return folds

    @model_validator(mode="after")
    def _fold_is_there(self) -> Self:
        if self.fold >= max(self.folds, 1):
            allowed = f"0 to {self.folds - 1}, as `folds` is {self.folds}" if self.folds else "0, as `folds` is 0"
            raise ValueError(f"`fold` must be {allowed}, not {self.fold}")
        return self
