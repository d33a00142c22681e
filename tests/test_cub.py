"""Reading CUB's layout: every field from its own file, and a plain word for every broken one."""

import shutil

import pytest
from small_cub import COLOURS, caption, write_attributes, write_small_cub

from t2i_utils.data import read_dataset
from t2i_utils.data.readers.cub import ZERO_SHOT_TEST_CLASSES
from t2i_utils.errors import InputError


@pytest.fixture
def root(tmp_path):
    return write_small_cub(tmp_path / "birds")


def test_every_field_comes_from_its_own_line_though_files_have_other_orders(root):
    dataset = read_dataset(root)
    assert [record.image_id for record in dataset.records] == list(range(3, 27, 2))
    for position, record in enumerate(dataset.records):
        assert record.class_id == position // 3 + 1
        assert record.path.is_file()
        assert record.path.parent.name == dataset.class_names[record.class_id]
        assert record.captions == tuple(caption(record.image_id, number) for number in range(3))
        assert record.box == (10.0, 5.0, 40.0, 30.0)
        assert record.zero_shot == ("test" if record.class_id == 4 else "train")
        assert record.official == ("test" if position % 3 == 2 else "train")
    assert dataset.caption_source == "text_c10"


def test_the_folder_itself_its_parent_and_one_level_more_all_work(root, tmp_path):
    expected = [record.captions for record in read_dataset(root).records]
    assert [r.captions for r in read_dataset(root / "CUB_200_2011").records] == expected
    shutil.copytree(root / "CUB_200_2011", tmp_path / "kaggle" / "CUB_200_2011" / "CUB_200_2011")
    shutil.copytree(root / "text_c10", tmp_path / "kaggle" / "text_c10")
    assert [r.captions for r in read_dataset(tmp_path / "kaggle").records] == expected


def test_without_its_own_split_real_cub_gets_the_papers_fifty_classes(root):
    base = root / "CUB_200_2011"
    (base / "zero_shot_split.txt").unlink()
    names = {1: "001.Black_footed_Albatross", **{n: f"{n:03d}.Bird" for n in range(2, 201)}}
    (base / "classes.txt").write_text("".join(f"{n} {name}\n" for n, name in names.items()))
    parts = {record.class_id: record.zero_shot for record in read_dataset(root).records}
    assert parts == {1: "test", 2: "train", 3: "train", 4: "test"}
    assert len(ZERO_SHOT_TEST_CLASSES) == 50


def test_without_its_own_split_another_set_holds_back_whole_classes(tmp_path):
    root = write_small_cub(tmp_path, num_classes=8, images_per_class=2)
    (root / "CUB_200_2011" / "zero_shot_split.txt").unlink()
    parts = {}
    for record in read_dataset(root).records:
        assert parts.setdefault(record.class_id, record.zero_shot) == record.zero_shot
    assert sorted(parts.values()) == ["test"] + ["train"] * 7


@pytest.mark.parametrize("beside", [True, False])
def test_without_sentences_captions_come_from_the_class_attributes(root, beside, capsys):
    shutil.rmtree(root / "text_c10")
    colours = {1: "red", 2: "green", 3: "blue", 4: "yellow"}
    write_attributes(root, 4, colours, beside)
    dataset = read_dataset(root)
    assert dataset.caption_source == "attributes"
    assert "No text_c10" in capsys.readouterr().err
    for record in dataset.records:
        assert len(record.captions) == 10
        for sentence in record.captions:
            said = {colour for colour in COLOURS if colour in sentence}
            assert said == {colours[record.class_id]}, sentence
    assert read_dataset(root).records == dataset.records


def test_attributes_of_the_image_win_over_those_of_its_class(root):
    """Lines with a sixth column, as the official file has them, count by their first four."""
    shutil.rmtree(root / "text_c10")
    write_attributes(root, 4, dict.fromkeys(range(1, 5), "red"), beside=True)
    lines = []
    for image_id in range(3, 27, 2):
        lines += [f"{image_id} {n} {int(COLOURS[n - 1] == 'blue')} 4 2.5" for n in range(1, 9)]
        lines.append(f"{image_id} 8 1 1 0.9")  # "not visible": does not count
    lines[2] = lines[2].replace(" 4 2.5", " 4 0 1.509")
    lines.append("999 1 1 4 1.0")  # of an image that is not here
    path = root / "CUB_200_2011" / "attributes" / "image_attribute_labels.txt"
    path.write_text("\n".join(lines))
    for record in read_dataset(root).records:
        assert all("blue" in sentence for sentence in record.captions)
        assert not any("red" in sentence.split() for sentence in record.captions)
    path.write_text("3 1 1 4 2.0\n3 one 1 4 2.0\n")
    with pytest.raises(InputError, match="image_attribute_labels.txt, line 2"):
        read_dataset(root)


@pytest.mark.parametrize("below", ["", "text_c10", "text"])
def test_captions_from_elsewhere_are_merged(root, tmp_path, below):
    elsewhere = tmp_path / "reed"
    shutil.move(root / "text_c10", elsewhere / below)
    dataset = read_dataset(root, captions=elsewhere)
    assert dataset.records[2].captions[0] == caption(7, 0)
    assert dataset.caption_source == "text_c10"
    with pytest.raises(InputError, match="no captions in"):
        read_dataset(root, captions=root / "CUB_200_2011")


def test_captions_that_are_not_utf8_are_read_and_white_space_is_mended(root):
    path = root / "text_c10" / "001.Class_1" / "bird_094.txt"
    path.write_bytes("  un  caf\xe9\t bird \n\n\r\nsecond\n".encode("latin-1"))
    assert read_dataset(root).records[0].captions == ("un caf\xe9 bird", "second")


def broken(root, file, content):
    path = root / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("CUB_200_2011/images.txt", "", "images.txt is empty"),
        ("CUB_200_2011/images.txt", "one a.jpg\n", "images.txt, line 1: cannot read 'one a.jpg'"),
        ("CUB_200_2011/images.txt", "1 a.jpg\n1 b.jpg\n", "line 2: id 1 appears twice"),
        ("CUB_200_2011/image_class_labels.txt", "3 1\n", "has no line for image .* missing"),
        ("CUB_200_2011/image_class_labels.txt", None, "cannot read .*image_class_labels.txt"),
        ("CUB_200_2011/classes.txt", "1 a\n2 b\n3 c\n", "classes.txt has no class 4"),
        ("CUB_200_2011/bounding_boxes.txt", "3 1 2 3\n", "bounding_boxes.txt, line 1"),
        ("CUB_200_2011/zero_shot_split.txt", "3 valid\n", "zero_shot_split.txt, line 1"),
        ("CUB_200_2011/train_test_split.txt", "3 2\n", "train_test_split.txt, line 1"),
        ("text_c10/001.Class_1/bird_094.txt", " \n", "bird_094.txt holds no caption"),
        ("text_c10/001.Class_1/bird_094.txt", None, "cannot read .*bird_094.txt"),
    ],
)
def test_a_broken_file_is_named_in_one_line(root, file, content, message):
    broken(root, file, content)
    with pytest.raises(InputError, match=message) as caught:
        read_dataset(root)
    assert "\n" not in str(caught.value)


def test_what_is_no_data_set_is_refused(root, tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        read_dataset(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="expected images.txt, .*captions.csv, .* a class"):
        read_dataset(tmp_path / "empty")
    shutil.rmtree(root / "text_c10")
    with pytest.raises(InputError, match="neither text_c10 nor attributes"):
        read_dataset(root)


@pytest.mark.cub
def test_the_real_photographs_have_the_papers_split(cub_root):
    dataset = read_dataset(cub_root)
    parts = [record.zero_shot for record in dataset.records]
    assert (parts.count("train"), parts.count("test")) == (5414, 1042)
    for record in dataset.records:
        assert (record.zero_shot == "test") == (record.class_id in ZERO_SHOT_TEST_CLASSES)
        assert len(record.captions) == 10
        assert record.path.is_file()
        assert record.path.parent.name == dataset.class_names[record.class_id]


@pytest.mark.cub
def test_the_real_attributes_give_captions_in_the_birds_colours(cub_root, tmp_path):
    (tmp_path / "CUB_200_2011").symlink_to(cub_root / "CUB_200_2011")
    dataset = read_dataset(tmp_path)
    assert dataset.caption_source == "attributes"
    for class_name, colour in (("Cardinal", "red"), ("Indigo_Bunting", "blue")):
        captions = [
            sentence
            for record in dataset.records
            if dataset.class_names[record.class_id].endswith(class_name)
            for sentence in record.captions
        ]
        assert captions
        assert sum(colour in sentence.split() for sentence in captions) > 0.9 * len(captions)
