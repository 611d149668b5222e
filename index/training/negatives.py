"""Passages that a search returns for a question and that do not answer it."""

import random
from collections.abc import Iterator

import tantivy

from index.training.examples import Asked, Collection, Context, Example, contains_any

_LOOKED_AT = 12
_ANALYZER = "english"


def examples(
    collection: Collection, *, negatives: int, seed: int, most_unanswerable: int | None = None
) -> list[Example]:
    """Each question with `negatives` of the best passages for its words that hold none of its answers.

    Telling such passages apart is what a search leaves to its reader, and what single paragraphs cannot teach (Clark
    and Gardner, "Simple and Effective Multi-Paragraph Reading Comprehension", 2018). Of the questions without an
    answer `most_unanswerable` are taken (default: all). The same `seed` gives the same examples.
    """
    chance = random.Random(seed)
    searcher = _Words(collection)
    unanswerable = [asked for asked in collection.asked if not asked.answers]
    chance.shuffle(unanswerable)
    chosen = [asked for asked in collection.asked if asked.answers] + unanswerable[:most_unanswerable]
    return [_example(asked, collection, searcher, negatives, chance) for asked in chosen]


def _example(
    asked: Asked, collection: Collection, searcher: "_Words", negatives: int, chance: random.Random
) -> Example:
    source = collection.passages[asked.source]
    own = Context(source.title, source.text, asked.answers)
    others = [
        collection.passages[index]
        for index in searcher.best(asked.question)
        if index != asked.source and not contains_any(collection.passages[index].text, asked.texts)
    ]
    # The very best ones most often, not always the same.
    picked: list[Context] = []
    while others and len(picked) < negatives:
        picked.append(others.pop(min(int(chance.expovariate(0.6)), len(others) - 1)))
    return Example(asked.question, (own, *picked))


class _Words:
    """BM25 over the passages of a collection, held in memory."""

    def __init__(self, collection: Collection) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_integer_field("index", stored=True, indexed=True)
        builder.add_text_field("text", tokenizer_name=_ANALYZER, index_option="freq")
        self._schema = builder.build()
        self._analyzer = (
            tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
            .filter(tantivy.Filter.lowercase())
            .filter(tantivy.Filter.stemmer("english"))
            .build()
        )
        self._index = tantivy.Index(self._schema)
        self._index.register_tokenizer(_ANALYZER, self._analyzer)
        writer = self._index.writer(num_threads=1)
        for index, passage in enumerate(collection.passages):
            document = tantivy.Document()
            document.add_integer("index", index)
            document.add_text("text", f"{passage.title} {passage.text}")
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()

    def best(self, question: str) -> Iterator[int]:
        terms = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "text", term, "freq"))
            for term in dict.fromkeys(self._analyzer.analyze(question))
        ]
        searcher = self._index.searcher()
        for _, address in searcher.search(tantivy.Query.boolean_query(terms), _LOOKED_AT, count=False).hits:
            yield searcher.doc(address)["index"][0]
