"""The draw of crops: some of every video, and another video changes nothing for the others."""

from unmask.train.data import Draw


def test_draw_takes_some_of_every_video_and_forgets_nothing() -> None:
    videos = ["a"] * 5 + ["b"] * 2 + ["c"] * 5
    draw = Draw(videos, 3, seed=1)
    epochs = []
    for draw.epoch in range(12):
        rows = [index for _, index in draw]
        assert len(rows) == len(draw) == len(set(rows)) == 8
        assert sorted(videos[i] for i in rows) == ["a"] * 3 + ["b"] * 2 + ["c"] * 3
        epochs.append(rows)
    assert {i for rows in epochs for i in rows} == set(range(12))
    assert epochs[0] != epochs[1]
    assert [index for _, index in Draw(videos, 3, seed=1)] == epochs[0]


def test_added_video_does_not_change_which_crops_the_others_show() -> None:
    few, more = Draw(["a"] * 6 + ["b"] * 6, 2, seed=1), Draw(["a"] * 6 + ["b"] * 6 + ["c"] * 6, 2, seed=1)
    assert {i for _, i in few} == {i for _, i in more if i < 12}
