"""Parameters of the render step: which embedded corpora exist, and how each is drawn, forged and encoded."""

from typing import Annotated, Literal

from pydantic import Field, RootModel, model_validator

from unmask.params import Section, Seed

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
Range = tuple[Positive, Positive]
Even = Annotated[int, Field(ge=64, le=1024, multiple_of=2)]
Count = Annotated[int, Field(ge=0, le=10_000)]


class Rendered(RootModel[list[str]]):
    """Names of the corpora that are rendered, in order."""


class Scene(Section):
    """How people of a corpus are lit and filmed."""

    eye_distance: Range
    turn: Annotated[float, Field(ge=0.0, le=0.35)]
    key_light: Range
    sky_light: Range
    light_side: Annotated[float, Field(ge=0.1, le=1.2)]
    colour_cast: Share
    softness: tuple[Annotated[float, Field(ge=0.0)], Positive]
    noise: Range
    grain: Annotated[float, Field(gt=0.0, le=3.0)]


class Corpus(Section):
    """What every rendered corpus has that films its own people."""

    seed: Seed
    frames: tuple[Annotated[int, Field(ge=4)], Annotated[int, Field(ge=4)]]
    crf: Annotated[int, Field(ge=0, le=51)]
    preset: Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"]
    scene: Scene

    @model_validator(mode="after")
    def _ordered(self) -> "Corpus":
        ranges = {"frames": self.frames, **{name: value for name, value in self.scene if isinstance(value, tuple)}}
        for name, (low, high) in ranges.items():
            if low > high:
                raise ValueError(f"`{name}` must be [lowest, highest], not [{low}, {high}]")
        return self


class Format(Section):
    """Size and rate of a video."""

    width: Even
    height: Even
    fps: Annotated[int, Field(ge=1, le=120)]


class Filmed(Format, Corpus):
    """A corpus whose videos all have one size and rate, or one video of a corpus that has several."""


class Counts(Section):
    """How many there are in each official split."""

    train: Count
    val: Count
    test: Count


Method = Literal["Deepfakes", "Face2Face", "FaceSwap", "NeuralTextures"]


class FaceForensics(Filmed):
    """A corpus laid out as FaceForensics++."""

    layout: Literal["faceforensics"]
    crf: Literal[23, 40]
    pairs: Counts
    methods: Annotated[list[Method], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits(self) -> "FaceForensics":
        if 2 * (self.pairs.train + self.pairs.val + self.pairs.test) > 1000:
            raise ValueError("`pairs` may not sum to more than 500: FaceForensics++ has the ids 000 to 999")
        return self


class CelebDf(Filmed):
    """A corpus laid out as Celeb-DF v2."""

    layout: Literal["celeb_df"]
    people: Annotated[int, Field(ge=2, le=1000)]
    clips: Annotated[int, Field(ge=1, le=1000)]
    youtube: Count
    fakes: Count
    tested: Share

    @model_validator(mode="after")
    def _fits(self) -> "CelebDf":
        if self.fakes > self.people * self.clips * (self.people - 1):
            raise ValueError("`fakes` may not exceed people x clips x (people - 1): there are no more combinations")
        return self


class Reals(Section):
    """Real videos of each training part and of the test folder; each has one fake. Two people are swapped at a time."""

    part: Annotated[int, Field(ge=2, le=1000, multiple_of=2)]
    test: Annotated[int, Field(ge=2, le=1000, multiple_of=2)]


class Dfdc(Corpus):
    """A corpus laid out as the full DFDC."""

    layout: Literal["dfdc"]
    formats: Annotated[list[Format], Field(min_length=1)]
    parts: Annotated[int, Field(ge=0, le=50)]
    reals: Reals
    clips: Annotated[int, Field(ge=1, le=1000)]
    together: Share

    def shot(self, number: int) -> Filmed:
        """Give what a video in the format of a number is filmed with."""
        return Filmed(**{name: getattr(self, name) for name in Corpus.model_fields}, **dict(self.formats[number]))


Variant = Literal[
    "end_to_end_level_1", "end_to_end_level_2", "end_to_end_level_3", "end_to_end_level_4", "end_to_end_level_5",
    "end_to_end_random_level",
    "end_to_end_mix_2_distortions", "end_to_end_mix_3_distortions", "end_to_end_mix_4_distortions",
]  # fmt: skip


class DeeperForensics(Section):
    """A corpus laid out as DeeperForensics-1.0, whose targets are videos of a rendered FaceForensics++."""

    layout: Literal["deeperforensics"]
    seed: Seed
    targets: FaceForensics
    forged: Counts
    actors: Counts
    variants: dict[Variant, Count]

    @model_validator(mode="after")
    def _fits(self) -> "DeeperForensics":
        for split, forged in self.forged:
            if forged and not getattr(self.actors, split):
                raise ValueError(f"`actors.{split}` must be at least 1, because videos of {split} are forged")
        if sum(dict(self.actors).values()) > 100:
            raise ValueError("`actors` may not sum to more than 100, as many as DeeperForensics-1.0 has")
        return self


class FakeAvCeleb(Filmed):
    """A corpus laid out as FakeAVCeleb; people are filmed in pairs, and each fakes the other."""

    layout: Literal["fakeavceleb"]
    people: Annotated[int, Field(ge=2, le=1000, multiple_of=2)]
    fakes: Annotated[int, Field(ge=1, le=3)]


Rendering = FaceForensics | CelebDf | Dfdc | DeeperForensics | FakeAvCeleb


class Params(RootModel[dict[str, Annotated[Rendering, Field(discriminator="layout")]]]):
    """Every rendered corpus by name."""
