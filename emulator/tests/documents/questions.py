"""The quality set: this folder's documents, and questions whose answer stands in a known place of one of them."""

import json
from dataclasses import dataclass
from pathlib import Path

from emulator.retrieval.chunking import chunk
from emulator.retrieval.extraction import read_text
from emulator.retrieval.ranking import Index

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Question:
    question: str
    document: str
    answer: str  # words that the right chunk holds


def questions() -> list[Question]:
    return [Question(**row) for row in json.loads((HERE / "questions.json").read_text(encoding="utf-8"))]


def text_of(name: str) -> str:
    return read_text(name, (HERE / name).read_bytes())


def library(max_tokens: int, overlap: int) -> Index:
    index = Index()
    for name in sorted({question.document for question in questions()}):
        index.add(name, [piece.text for piece in chunk(text_of(name), max_tokens, overlap)])
    return index


def place(index: Index, question: Question) -> int | None:
    """The place, from 1, at which the right chunk was found."""
    for place, hit in enumerate(index.search(question.question, 20), 1):
        if hit.key == question.document and question.answer in hit.text:
            return place
    return None
