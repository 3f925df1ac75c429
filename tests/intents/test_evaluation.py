"""`main.py evaluate` on files as people hand them in, good and bad."""

import csv
import json
from pathlib import Path

import pytest

import main
from intents.evaluation import DataError, read_questions
from intents.noise import KINDS, noisy


def _write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text, word",
    [
        ("question,topic\nx,y\n", "row 1: no column text"),
        ("text,topic\n,greet\n", "row 2: the text is empty"),
        ("text,topic\nbonjour,\n", "row 2: the topic is empty"),
        (b"text,topic\n\xe9t\xe9,greet\n", "not UTF-8"),
        ("text,topic\na,b,c,d\n", "more cells than columns"),
        ("text,topic\n" + "x" * 10_000_000 + ",greet\n", "row 2"),
        ("text,topic\n", "no questions"),
        ("", "row 1"),
    ],
)
def test_a_bad_file_gets_one_clear_message(tmp_path: Path, text: str | bytes, word: str) -> None:
    with pytest.raises(DataError, match=word):
        read_questions(_write(tmp_path / "q.csv", text))


def test_the_command_ends_with_2_and_says_the_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = _write(tmp_path / "q.csv", "text,topic\nbonjour,greet\nsalut,no_such_topic\n")
    assert main.main(["evaluate", "--test", str(path)]) == 2
    told = capsys.readouterr().err
    assert "row 3" in told and "no_such_topic" in told


def test_training_on_any_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("lost my card", "card"), ("where is my card", "card"), ("card stolen", "card"), ("my card is gone", "card"),
            ("send money", "transfer"), ("transfer money abroad", "transfer"), ("money to my sister", "transfer"),
            ("how do I transfer", "transfer")]  # fmt: skip
    train = _write(
        tmp_path / "train.csv", "text,intent,lang\n" + "".join(f"{text},{label},en\n" for text, label in rows)
    )
    test = _write(
        tmp_path / "test.csv", "text,intent,lang\nwhere did my card go,card,en\nmoney transfer please,transfer,en\n"
    )
    out = tmp_path / "predictions.csv"
    assert main.main(["evaluate", "--train", str(train), "--test", str(test), "--predictions", str(out), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["forms"]["en"]["top1"] == 1.0
    with out.open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    assert list(found[0]) == ["text", "lang", "decision", "ranked", "scores", "ms"]
    assert [row["text"] for row in found] == ["where did my card go", "money transfer please"]
    assert found[0]["ranked"].split("|")[0] == "card" and found[0]["decision"] in ("answer", "clarify", "fallback")


def test_noise_is_the_same_every_time() -> None:
    questions = read_questions(Path("tests/understanding/fr.csv"))[:20]
    for kind in KINDS:
        assert noisy(questions, kind) == noisy(questions, kind)
