"""The HTML of a report: one self-contained page, everything escaped unless it is `Html`.

Cells, captions and list items are plain values, escaped here, or `Html`, which this room made.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from typing import Final


class Html(str):
    """Text that is HTML already; anything else is escaped."""

    __slots__ = ()


CSS: Final = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d5dae0;--paper:#fff;
--panel:#f5f7f9;--good:#00694d;--care:#a34700;--link:#005a8e}
@media (prefers-color-scheme:dark){:root{--ink:#e4e7eb;--soft:#a3acb6;--line:#3b434c;
--paper:#15191d;--panel:#1e242a;--good:#4fd0a5;--care:#f0a35e;--link:#7cc4ee}
figure svg{filter:invert(1) hue-rotate(180deg)}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:68rem;color:var(--ink);
background:var(--paper);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
overflow-wrap:anywhere}
h1{font-size:1.7rem;line-height:1.2;margin:.2rem 0 .4rem}
h2{font-size:1.2rem;margin:2.4rem 0 .6rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.4rem 0 .4rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--link)}
.soft,figcaption,th{color:var(--soft)}
.kicker{color:var(--soft);font-size:.85rem;margin:0}
.numbers{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;
margin:1.2rem 0;padding:0;list-style:none}
.numbers li{background:var(--panel);border-radius:.5rem;padding:.7rem .9rem}
.numbers b{display:block;font-size:2rem;line-height:1.15;font-weight:650;
font-variant-numeric:tabular-nums}
.numbers span{display:block}
.numbers .soft{font-size:.85rem}
.verdict{border-left:.35rem solid var(--care);background:var(--panel);padding:.7rem 1rem;
border-radius:0 .5rem .5rem 0;max-width:none}
.verdict.good{border-color:var(--good)}
.verdict b{color:var(--care)}
.verdict.good b{color:var(--good)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));
gap:1.2rem 2rem}
figure{margin:0;max-width:32rem;break-inside:avoid}
figure svg{display:block;width:100%;height:auto}
figure svg *{stroke-linejoin:round;stroke-linecap:butt}
figure svg text{font-family:inherit}
figcaption{font-size:.88rem;margin-top:.3rem}
.scroll,.network{overflow-x:auto}
.network figure{max-width:none}
table{border-collapse:collapse;font-size:.92rem;margin:.4rem 0;overflow-wrap:normal}
th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;
border-bottom:1px solid var(--line)}
th{font-weight:600}
thead th,.whole td{white-space:nowrap}
.confusion caption{text-align:left;color:var(--soft);font-size:.88rem}
.confusion .number{padding-left:.6rem}
summary{cursor:pointer;color:var(--soft)}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
tfoot td{font-weight:650}
code,pre{font:.9em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{background:var(--panel);padding:.7rem .9rem;border-radius:.5rem;white-space:pre-wrap}
@media (max-width:30rem){table{font-size:.82rem}th,td{padding-right:.6rem}
.numbers{grid-template-columns:repeat(auto-fit,minmax(8rem,1fr))}.numbers b{font-size:1.7rem}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--panel:#f3f3f3;--good:#00694d;
--care:#a34700;--link:#000}body{padding:0;max-width:none;font-size:10pt}
figure svg{filter:none}h2,h3{break-after:avoid}.scroll,.network{overflow:visible}
tr,.numbers,.verdict,pre{break-inside:avoid}
.network svg{min-width:0!important;max-height:23cm}
details::details-content{content-visibility:visible}}
""".strip()

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(title: str, *parts: Html) -> str:
    """Return a whole document that fetches nothing and can run nothing."""
    head = (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{CSS}\n</style>\n</head>\n"
    )
    return f"{head}<body>\n<main>\n{join(parts, chr(10))}\n</main>\n</body>\n</html>\n"


def escape(value: object) -> Html:
    """Return a value as HTML text that may also stand in a quoted attribute."""
    return value if isinstance(value, Html) else Html(html.escape(printable(str(value))))


def printable(text: str) -> str:
    """Return text without characters that no page may hold (controls, lone surrogates)."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n" else c for c in text
    )


def join(parts: Iterable[object], between: str = "") -> Html:
    """Return the parts that are not empty, escaped, one after the other."""
    return Html(between.join(escape(part) for part in parts if str(part)))


def element(tag: str, *parts: object, **attributes: str) -> Html:
    """Return an element; ``class_`` stands for ``class``."""
    written = "".join(f' {k.rstrip("_")}="{escape(v)}"' for k, v in attributes.items())
    return Html(f"<{tag}{written}>{join(parts)}</{tag}>")


def section(title: str, *parts: object) -> Html:
    """Return a titled section, or nothing if it holds nothing."""
    body = join(parts, "\n")
    return Html(f"<section>\n{element('h2', title)}\n{body}\n</section>") if body else Html()


def figure(drawing: Html, *caption: object) -> Html:
    """Return a drawing with its caption."""
    return element("figure", drawing, element("figcaption", *caption))


def figures(*drawn: Html) -> Html:
    """Return figures side by side where there is room."""
    shown = [one for one in drawn if one]
    return element("div", join(shown, "\n"), class_="figures") if shown else Html()


def table(
    head: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    numbers: Collection[int] = (),
    foot: Sequence[object] = (),
    wraps: bool = True,
) -> Html:
    """Return a table that scrolls by itself on a narrow screen.

    Args:
        head: column titles; empty for a table whose first column names the rows.
        rows: cells.
        numbers: the columns set flush right.
        foot: a last row of sums.
        wraps: break long cells rather than scroll.
    """
    def line(cells: Sequence[object], tag: str) -> Html:
        return element("tr", *(
            element(tag, cell, class_="number") if i in numbers else element(tag, cell)
            for i, cell in enumerate(cells)))

    body = element("tbody", join((line(row, "td") for row in rows), "\n"))
    top = element("thead", line(head, "th")) if head else ""
    bottom = element("tfoot", line(foot, "td")) if foot else ""
    inside = element("table", top, body, bottom, **({} if wraps else {"class_": "whole"}))
    return element("div", inside, class_="scroll")


def link(address: str) -> Html:
    """Return a link for a web address or DOI; any other text stays text."""
    doi = address.removeprefix("doi:").strip()
    target = f"https://doi.org/{doi}" if doi.startswith("10.") else address
    if not target.startswith(("https://", "http://")):
        return escape(address)
    return element("a", address, href=target, rel="noreferrer")
