"""Names of elements, closed sets: a warning may name these and no others."""

from __future__ import annotations

_HTML = """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink
    blockquote body br button canvas caption center cite code col colgroup content data datalist dd del
    details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset
    h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label
    legend li link listing main map mark marquee math menu menuitem meta meter nav nobr noembed noframes
    noscript object ol optgroup option output p param picture plaintext portal pre progress q rb rp rt
    rtc ruby s samp script search section select slot small source span strike strong style sub summary
    sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xmp
"""
HTML = frozenset(_HTML.split())

# Open no scope and close none; they may nest as deep as the note is long.
_VOID = """
    area base basefont bgsound br col embed frame hr image img input keygen link meta param source track wbr
"""
VOID = frozenset(_VOID.split())

# Their end tags make an element where none is open.
MAKE_ELEMENTS = frozenset({"p", "br"})

# A drawing or a formula ends where one of these begins, unless an integration point lets HTML live
# inside of it (HTML standard, 13.2.6.5).
FOREIGN = frozenset({"svg", "math"})
INTEGRATION_POINTS = {  # of each; `annotation-xml` is one where its encoding says so
    "svg": frozenset({"foreignobject", "desc", "title"}),
    "math": frozenset({"mi", "mo", "mn", "ms", "mtext"}),
}
_BREAK_OUT = """
    b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing
    menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var
"""
BREAK_OUT = frozenset(_BREAK_OUT.split())
