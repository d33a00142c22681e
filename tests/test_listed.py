"""A user's own pictures with a captions.csv."""

import pytest
from PIL import Image

from t2i_utils.data import read_dataset
from t2i_utils.errors import InputError


@pytest.fixture
def root(tmp_path):
    for number in range(12):
        Image.new("RGB", (20, 30), (number, 0, 0)).save(tmp_path / f"{number:02d}.png")
    return tmp_path


def write_csv(root, text, encoding="utf-8"):
    (root / "captions.csv").write_bytes(text.encode(encoding))


def test_several_rows_are_several_captions_and_each_picture_is_a_class(root):
    write_csv(root, 'file,caption\n01.png,second\n00.png,a  first\n01.png,"third, with comma"\n')
    dataset = read_dataset(root)
    assert [record.path.name for record in dataset.records] == ["00.png", "01.png"]
    assert [record.captions for record in dataset.records] == [
        ("a first",),
        ("second", "third, with comma"),
    ]
    assert len({record.class_id for record in dataset.records}) == 2
    assert all(record.box is None for record in dataset.records)
    assert dataset.caption_source == "captions.csv"


def test_classes_columns_in_any_order_and_excels_byte_order_mark(root):
    write_csv(
        root, "class, file, caption\nrobin,00.png,x\nwren,01.png,y\nrobin,02.png,z\n", "utf-8-sig"
    )
    dataset = read_dataset(root)
    names = [dataset.class_names[record.class_id] for record in dataset.records]
    assert names == ["robin", "wren", "robin"]
    write_csv(root, "file,caption\n00.png,caf\xe9\n", "latin-1")
    assert read_dataset(root).records[0].captions == ("caf\xe9",)


def test_lines_may_end_as_on_any_system(root):
    for end in ("\n", "\r\n", "\r"):
        write_csv(root, f"file,caption{end}00.png,one{end}01.png,two{end}")
        assert [record.captions for record in read_dataset(root).records] == [("one",), ("two",)]


def test_a_tenth_of_the_classes_is_held_back_always_the_same(root):
    write_csv(root, "file,caption\n" + "".join(f"{n:02d}.png,bird {n}\n" for n in range(12)))
    records = read_dataset(root).records
    assert [record.zero_shot for record in records].count("test") == 1
    assert [record.zero_shot for record in records] == [record.official for record in records]
    assert read_dataset(root).records == records
    write_csv(root, "file,caption\n00.png,x\n01.png,y\n")
    assert {record.zero_shot for record in read_dataset(root).records} == {"train"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: expected the columns file,caption"),
        (f"{'x' * 200000},caption\n", "line 1: field larger than field limit"),
        ("picture,text\n00.png,x\n", "line 1: expected the columns file,caption"),
        ("file,caption\n", "names no picture"),
        ("file,caption\n00.png,x\n,y\n", "line 3: no file name"),
        ("file,caption\n00.png, \n", "line 2: no caption for 00.png"),
        ("file,caption\n00.png\n", "line 2: no caption for 00.png"),
        ("file,caption\n00.png,a bird, with commas\n", "line 2: too many columns"),
        ("file,caption\n00.png,x\n\n99.png,y\n", "line 4: no picture 99.png"),
        ("file,caption,class\n00.png,x,a\n00.png,y,b\n", "line 3: 00.png was of class 'a'"),
        ('file,caption\n00.png,"red\n01.png,blue\n', "line 2: unexpected end"),
        ('file,caption\n00.png,x\n01.png,"red\n02.png,"a, b"\n', "line 3: .*close each quote"),
        ('file,caption\n00.png,"red\n01.png,blue"\n', "line 2: a quote opens here .* line 3"),
        ("file,caption\n../00.png,x\n", "line 2: ../00.png: it leads out of the folder"),
        ("file,caption\n/etc/passwd,x\n", "line 2: /etc/passwd: it leads out of the folder"),
        (f"file,caption\n{'long' * 100}.png,x\n", "line 2: no picture longlong"),
    ],
)
def test_a_broken_line_is_named_with_its_number(root, text, message):
    write_csv(root, text)
    with pytest.raises(InputError, match=message) as caught:
        read_dataset(root)
    assert "\n" not in str(caught.value)


def test_a_picture_has_one_name_however_it_is_written(root):
    write_csv(root, "file,caption\n00.png,x\n./00.png,y\n.//01.png,z\n")
    records = read_dataset(root).records
    assert [record.captions for record in records] == [("x", "y"), ("z",)]
    assert len({record.class_id for record in records}) == 2


def test_captions_from_elsewhere_do_not_go_with_a_csv(root):
    write_csv(root, "file,caption\n00.png,x\n")
    with pytest.raises(InputError, match="leave --captions out"):
        read_dataset(root, captions=root)
