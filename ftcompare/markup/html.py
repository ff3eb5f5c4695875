"""Markdown blocks as HTML: every text escaped, no address followed, no picture, mathematics drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from ftcompare.markup import blocks as nodes
from ftcompare.markup.formula import MOST_EFFORT, Drawing, draw, drawable, effort

FIRST_HEADING = 4  # heading level of an answer's top headings: the levels above are used by the report
_LAST_HEADING = 6
_SIZE = 1.12  # font size of formulas relative to the text: their letters are smaller
_STEP = 0.05  # Unit, in font sizes, in which a formula's depth below the base line is rounded
_DEEPEST = 80  # maximum depth, in units of `_STEP`
MOST_DRAWN = 8 * MOST_EFFORT  # maximum sum of `effort` over all formulas of a report
_ALIGNED = frozenset(("left", "right", "center"))


@dataclass
class HtmlWriter:
    """Writes the texts of one report."""

    depths: set[int] = field(default_factory=set)  # of the formulas so far, in `_STEP`: classes of `rules`
    _effort: int = 0

    def blocks(self, blocks: Iterable[nodes.Block]) -> Markup:
        return _joined(self._block(block) for block in blocks)

    def rules(self) -> str:
        """Return style rules for the formulas so far, because the report's policy forbids inline styles."""
        rule = ".low{0} svg {{ vertical-align: -{1:.2f}em; }}\n"
        return "".join(rule.format(depth, depth * _STEP) for depth in sorted(self.depths))

    def _block(self, block: nodes.Block) -> Markup:
        match block:
            case nodes.TextParagraph(line=line):
                display = len(line) == 1 and isinstance(line[0], nodes.Formula) and line[0].display
                return _element("p", self._line(line), Markup(' class="display"') if display else _AUTO)
            case nodes.TextHeading(level=level, line=line):
                return _element(f"h{min(level + FIRST_HEADING - 1, _LAST_HEADING)}", self._line(line), _AUTO)
            case nodes.Code(text=text):
                return _element("pre", _inline("code", text), Markup(' dir="ltr"'))
            case nodes.Quote(blocks=inner):
                return _element("blockquote", self.blocks(inner), _AUTO)
            case nodes.ItemList(items=items):
                return self._list(items)
            case nodes.TableBlock():
                head, *rows = (
                    _joined(
                        _element(
                            "td" if number else "th",
                            self._line(cell),
                            (Markup(' class="{}"').format(side) if side in _ALIGNED else Markup()),
                        )
                        for cell, side in zip(row, block.alignments, strict=True)
                    )
                    for number, row in enumerate(block.rows)
                )
                body = _joined(_element("tr", row) for row in rows)
                inside = _element("thead", _element("tr", head)) + _element("tbody", body)
                return _element("div", _element("table", inside, _AUTO), Markup(' class="scrolled"'))
            case nodes.Footnote(label=label, blocks=inner):
                return self._list((nodes.ListItem(inner, f"[{label}]"),))
            case nodes.Rule():
                return Markup("<hr>\n")

    def _list(self, items: Sequence[nodes.ListItem]) -> Markup:
        return _element("ul", _joined(map(self._item, items)), Markup(' class="items"'))

    def _item(self, item: nodes.ListItem) -> Markup:
        marker = _element("span", escape(item.marker), Markup(' class="marker"')).rstrip()
        return _element("li", Markup("{}{}").format(marker, _element("div", self.blocks(item.blocks))))

    # --- within a line -----------------------------------------------------------------------------

    def _line(self, line: nodes.Line) -> Markup:
        return _joined(map(self._piece, line))

    def _piece(self, piece: nodes.Inline) -> Markup:
        match piece:
            case nodes.Text() | nodes.LinkWords(text=nodes.Text()):
                return _styled(piece if isinstance(piece, nodes.Text) else piece.text)
            case nodes.LinkAddress(address=address):
                return _inline("span", f" ({address})", "address") if address else Markup()
            case nodes.Formula():
                drawing = None
                if drawable(piece.tex) and self._effort <= MOST_DRAWN:
                    self._effort += effort(piece.tex)
                    drawing = draw(piece.tex, display=piece.display)
                if drawing is None:
                    return _inline("code", piece.source)
                low = min(_DEEPEST, round(drawing.descent * _SIZE / _STEP))
                self.depths.add(low)
                return Markup('<span class="formula low{}" role="img" aria-label="{}">{}</span>').format(
                    low, piece.source, _sized(drawing)
                )
            case nodes.NoteMark(label=label):
                return _inline("sup", f"[{label}]")
            case nodes.LineBreak():
                return Markup("<br>\n")


_AUTO, _NONE = Markup(' dir="auto"'), Markup()


def _sized(drawing: Drawing) -> Markup:
    """Return the SVG in the size of the text. It contains shapes only (`ftcompare.markup.formula`)."""
    _, _, rest = drawing.svg.partition(" viewBox=")
    wide, tall = (_SIZE * size for size in (drawing.width, drawing.ascent + drawing.descent))
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.2f}em" height="{tall:.2f}em" viewBox='
    return Markup(opened + rest)  # noqa: S704 - an XML writer wrote it: shapes without text


def _styled(text: nodes.Text) -> Markup:
    marked = escape(text.text)
    marks = (("code", text.code), ("s", text.struck), ("em", text.emphasis), ("strong", text.strong))
    for tag, wanted in marks:
        marked = Markup("<{0}>{1}</{0}>").format(tag, marked) if wanted else marked
    return marked


def _inline(tag: str, text: str, style: str = "") -> Markup:
    named = Markup(' class="{}"').format(style) if style else Markup()
    return Markup("<{0}{1}>{2}</{0}>").format(tag, named, text)


def _element(tag: str, inside: Markup, attributes: Markup = _NONE) -> Markup:
    return Markup("<{0}{1}>{2}</{0}>\n").format(tag, attributes, inside)


def _joined(parts: Iterable[Markup]) -> Markup:
    return Markup().join(parts)
