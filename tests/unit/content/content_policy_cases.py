"""The project's own set: what a note's HTML is, and what is stored of it. Written for this policy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Case:
    why: str
    source: str
    stored: str
    warnings: tuple[str, ...] | None = None  # None: not looked at


def kept(why: str, source: str) -> Case:
    return Case(why, source, source, ())


INLINE_TAGS = "b i strong em u s span"
BLOCK_TAGS = "div p blockquote h1 h2 h3 h4 h5 h6 pre"
DROPPED_TAGS = "script style template noscript iframe object svg math title noembed noframes applet"
INLINE = [kept(f"{tag} stays", f"so <{tag}>it</{tag}> is") for tag in INLINE_TAGS.split()]
BLOCKS = [kept(f"{tag} stays", f"<{tag}>so it is</{tag}>") for tag in BLOCK_TAGS.split()]
STRUCTURE = [
    kept("a list stays", "<ul><li>one</li><li>two</li></ul>"),
    kept("a numbered list stays", "<ol><li>one</li></ol>"),
    kept("a line break stays", "one<br>two"),
    Case("no paragraph is added", "just words", "just words", ()),
    Case("white space is content", "<pre>  two\n lines</pre>\n", "<pre>  two\n lines</pre>\n"),
    Case("the second line feed of a pre is one that shows", "<pre>\n\nx</pre>", "<pre><br>x</pre>"),
    Case("upper case is the same tag", "<P>x<BR>y</P>", "<p>x<br>y</p>"),
    Case("what is open is closed", "<p>x<b>y", "<p>x<b>y</b></p>", ("malformed_markup",)),
    Case(
        "crossed tags are put in order",
        "<b>x<i>y</b>z</i>",
        "<b>x<i>y</i></b><i>z</i>",
        ("malformed_markup",),
    ),
    Case("other elements are unwrapped", "<center>x</center>", "x", ("dropped:center",)),
    Case("a table's text stays", "<table><tr><td>x</td></tr></table>", "x"),
    Case("an element nobody knows is unwrapped", "<o:p>x</o:p>", "x", ("dropped:unknown",)),
    Case("an element named as one of MathML is unwrapped", "x <min>5</min> y", "x 5 y", ("dropped:unknown",)),
    Case("an element named as one of SVG is unwrapped", "see <text>this", "see this", ("dropped:unknown",)),
    Case("an image goes, and it is said", 'x<img src="https://a.example/b.png">', "x", ("dropped:img",)),
    Case("a form goes, its text stays", "<form><input value=v><button>x</button></form>", "x"),
    Case(
        "an embedded image is named",
        '<img src="data:image/png;base64,AAAA">x',
        "x",
        ("dropped:img", "embedded_image"),
    ),
]
ATTRIBUTES = [
    Case("style goes", '<p style="position:fixed">x</p>', "<p>x</p>"),
    Case("class and id go", '<div class="c" id="i">x</div>', "<div>x</div>"),
    Case("handlers go", '<b onclick="steal()" onmouseover=steal()>x</b>', "<b>x</b>"),
    Case("title, lang and dir go", '<span title="t" lang="id" dir="rtl">x</span>', "<span>x</span>"),
    Case("href is for links only", '<div href="https://a.example">x</div>', "<div>x</div>"),
    Case(
        "of a link only the address stays",
        '<a href="/x" name="n" title="t" target="_blank" style="top:0" onclick="x()" id="i" class="c">x</a>',
        '<a href="/x" rel="nofollow">x</a>',
    ),
    Case("rel is ours", '<a href="/x" rel="opener">x</a>', '<a href="/x" rel="nofollow">x</a>'),
]
DROPPED = [
    Case(f"{tag} goes with its content", f"a<{tag}>SECRET</{tag}>b", "ab", (f"dropped:{tag}",))
    for tag in DROPPED_TAGS.split()
] + [
    Case(f"{tag} goes", f"a<{tag} src=x>b", "ab", (f"dropped:{tag}",))
    for tag in ("embed", "frame", "frameset")
]
LINKS = [
    Case(
        f"{scheme} is an address",
        f'<a href="{scheme}:{rest}">x</a>',
        f'<a href="{scheme}:{rest}" rel="nofollow">x</a>',
    )
    for scheme, rest in (
        ("http", "//a.example/"),
        ("https", "//a.example/?b=1&amp;c=2"),
        ("mailto", "a@b.example"),
    )
] + [
    Case("a path is an address", '<a href="/deals/7#n">x</a>', '<a href="/deals/7#n" rel="nofollow">x</a>'),
    Case(
        "an address without scheme",
        '<a href="//a.example">x</a>',
        '<a href="//a.example" rel="nofollow">x</a>',
    ),
    Case(
        "capitals in a scheme",
        '<a href="HTTPS://A.example">x</a>',
        '<a href="HTTPS://A.example" rel="nofollow">x</a>',
    ),
    Case("without address it is no link", "<a>x</a>", "x"),
    Case("a name is no address", '<a name="top">x</a>', "x"),
    Case("an empty address is none", '<a href=" ">x</a>', "x", ("link_removed",)),
    Case(
        "links do not nest",
        '<a href="/a">x<a href="/b">y</a></a>',
        '<a href="/a" rel="nofollow">x</a><a href="/b" rel="nofollow">y</a>',
    ),
]
REFUSED_ADDRESSES = [
    "javascript:steal()",
    "JaVaScRiPt:steal()",
    "javascript:123",
    " javascript:steal()",
    "java\tscript:steal()",
    "java&#10;script:steal()",
    "&#1;javascript:steal()",
    "&#x6a;avascript&colon;steal()",
    "java\u200bscript:steal()",
    "java\u00adscript:steal()",
    "javascript\u3000:steal()",
    "java`script:steal()",
    "vbscript:steal()",
    "data:text/html,x",
    "tel:5",
    "sms:5",
    "ftp://a.example",
    "file:///etc/passwd",
    "blob:https://a.example/1",
    "view-source:x",
    "localhost:80",
    "x:y",
]
SCHEMES = [
    Case(f"no link to {address!r}", f'<a href="{address}">x</a>', "x", None) for address in REFUSED_ADDRESSES
]
MENTIONS = [
    Case("zero width is nothing visible", '<a data-user-id="7">\u200b</a>', ""),
    Case(
        "a mention by user id",
        '<p>Hi <a href="/users/7" data-user-id="7">Jane Roe</a>!</p>',
        "<p>Hi @Jane Roe!</p>",
        (),
    ),
    Case("a mention by mark", "<a data-mention=7>Jane</a>", "@Jane"),
    Case("a mention by route", '<a href="/users/7/edit_user">Jane</a>', "@Jane"),
    Case("a mention by route with query", '<a href="//users/7/edit_user/?a=1#b">Jane</a>', "@Jane"),
    Case("a mention by route with host", '<a href="https://crm.example/users/7/edit_user">Jane</a>', "@Jane"),
    Case("a profile is no mention", '<a href="/users/7">J</a>', '<a href="/users/7" rel="nofollow">J</a>'),
    Case(
        "a longer route is none",
        '<a href="/users/7/edit_username">J</a>',
        '<a href="/users/7/edit_username" rel="nofollow">J</a>',
    ),
    Case("an @ is not doubled", '<a data-user-id="7">@Jane</a>', "@Jane"),
    Case("nor one within", '<a data-user-id="7"><b>@Jane</b></a>', "<b>@Jane</b>"),
    Case("nor one after what cannot be seen", '<a data-mention="7">\u200b@Jane</a>', "\u200b@Jane"),
    Case("the @ stands before what shows", '<a data-user-id="7"><b> Jane</b> R</a>', "<b> @Jane</b> R"),
    Case("a name may begin with an entity", '<a data-user-id="7">&amp;Co</a>', "@&amp;Co"),
    Case("nothing visible leaves nothing", '<a data-user-id="7"> &nbsp;</a>x', "x"),
    Case(
        "escaped text stays escaped", '<a data-user-id="7">&lt;b&gt;J&lt;/b&gt;</a>', "@&lt;b&gt;J&lt;/b&gt;"
    ),
    Case(
        "a spoofed mention is text",
        '<a data-user-id="1" href="https://evil.example">Your bank</a>',
        "@Your bank",
    ),
    Case("a mention in a comment is none", '<!-- <a data-user-id="7">J</a> -->x', "x"),
    Case("a mention in a title is none", '<b title="<a data-user-id=7>">x</b>', "<b>x</b>"),
    Case(
        "a mark in an address is none",
        '<a href="?data-user-id=7">x</a>',
        '<a href="?data-user-id=7" rel="nofollow">x</a>',
    ),
    Case("a script in a mention goes", '<a data-user-id="7"><script>x()</script>Jane</a>', "@Jane"),
    Case(
        "a mention within a link's table",
        '<a href="/a">x<table><tr><td><a data-user-id="7">J</a></table></a>',
        '<a href="/a" rel="nofollow">x</a>@J',
    ),
]
TYPED = [
    Case(
        "an address in brackets is text",
        "mail <john@a.example> now",
        "mail &lt;john@a.example&gt; now",
        ("bracketed_text_kept",),
    ),
    Case(
        "so is a URL",
        "see <https://a.example/b>",
        "see &lt;https://a.example/b&gt;",
        ("bracketed_text_kept",),
    ),
    Case("so is a name", "call <Mrs Roe> today", "call &lt;Mrs Roe&gt; today", ("bracketed_text_kept",)),
    Case(
        "a heart swallows no tag",
        "I </3 you, call 0812 <b>now</b>",
        "I &lt;/3 you, call 0812 <b>now</b>",
        ("bracketed_text_kept",),
    ),
    Case(
        "nor does a mark", "price <!5% <p>today</p>", "price &lt;!5% <p>today</p>", ("bracketed_text_kept",)
    ),
    Case("nor a question", "ok <?5 left <i>x</i>", "ok &lt;?5 left <i>x</i>", ("bracketed_text_kept",)),
    Case(
        "a shout in brackets is text",
        "<p>hi</p><!urgent: call Budi>",
        "<p>hi</p>&lt;!urgent: call Budi&gt;",
        ("bracketed_text_kept",),
    ),
    Case("a whole note may be one", "<!call back>", "&lt;!call back&gt;", ("bracketed_text_kept",)),
    Case("a script after one goes", "<!x<script>y</script>", "&lt;!x", None),
    Case("one within a drawing goes with it", "<svg><!x</svg>a>b", "a&gt;b", ("dropped:svg",)),
    Case("an end without a name is text", "x </> y", "x &lt;/&gt; y", ("bracketed_text_kept",)),
    Case(
        "so is one with an address",
        "x </j@a.example> y",
        "x &lt;/j@a.example&gt; y",
        ("bracketed_text_kept",),
    ),
    Case("so is one with a name", "</Budi Santoso>", "&lt;/Budi Santoso&gt;", ("bracketed_text_kept",)),
    Case("the end of an element nobody knows is said", "x</y>z", "xz", ("dropped:unknown",)),
    Case("an arrow is text", "5 < 7 > 3 <3", "5 &lt; 7 &gt; 3 &lt;3", ()),
    Case(
        "an unclosed quote swallows nothing",
        'x <a href="https://a.example>y</a> z',
        'x &lt;a href="https://a.example&gt;y z',
        None,
    ),
    Case("an unfinished tag is text", "if a <b then call", "if a &lt;b then call", ("unclosed_tag_kept",)),
    Case("an end tag cut off is none", "<p>x</p", "<p>x</p>", ()),
    Case("an unclosed comment is said", "x<!-- y <b>z</b>", "x", ("unclosed_comment",)),
    Case(
        "a formula that ends for no parser hides nothing",
        '<math><mtext><a href="/x"></mtext></math>after',
        "after",
    ),
    Case("a comment goes", "x<!-- y -->z", "xz", ()),
    Case("a doctype and an instruction go", "<!doctype html><?xml x?>y", "y", ()),
    Case("so does what Word writes", "<![if !x]>a<![endif]><?mso-x?>b<?import n=c>", "ab", ()),
    Case(
        "escaped markup stays escaped", "&lt;script&gt;x&lt;/script&gt;", "&lt;script&gt;x&lt;/script&gt;", ()
    ),
]
CHARACTERS = [
    Case("NUL goes", "a\0b", "ab", ("characters_removed",)),
    Case("control characters go", "a\x01\x1f\x7fb", "ab", ("characters_removed",)),
    Case("so do references to them", "a&#1;&#127;b", "ab"),
    Case("half a pair becomes a sign for it", "a\ud800b", "a\ufffdb", ("characters_removed",)),
    Case("a tag is not made by taking NUL away", "<\0b>x", "&lt;b&gt;x"),
    Case("a reference to CR is a line feed", "a&#13;b", "a\nb"),
    Case(
        "emoji and scripts stay",
        "caf\u00e9 \U0001f600 \u4e2d \u0627",
        "caf\u00e9 \U0001f600 \u4e2d \u0627",
        (),
    ),
]
CASES = [
    *INLINE, *BLOCKS, *STRUCTURE, *ATTRIBUTES, *DROPPED, *LINKS, *SCHEMES, *MENTIONS, *TYPED, *CHARACTERS,
]  # fmt: skip
