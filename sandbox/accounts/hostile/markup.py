"""Notes that attack their reader, and what must be stored of each. Written by hand, after the policy.

What runs here would call `hit()`, so that a browser that shows a stored note can tell; what loads would
load from `LOADS`, whose name resolves nowhere.
"""

from __future__ import annotations

from sandbox.accounts.bodies import Body

LOADS = "https://collect.attacker.example"
_MIB = 1024 * 1024

SCRIPTS = (
    Body("a<script>hit()</script>b", "ab"),
    Body("a<ScRiPt\n>hit()</sCrIpT\t>b", "ab"),
    Body(f'a<script src="{LOADS}/x.js"></script>b', "ab"),
    Body("a<script/x>hit()</script>b", "ab"),
    # the inner tag is part of the outer one's name, and what follows is text
    Body("a<scr<script>ipt>hit()</script>b", "aipt&gt;hit()b"),
    Body("<p>a</p><script>hit()//", "<p>a</p>"),
    Body("a<style>@import 'https://collect.attacker.example/x.css'</style>b", "ab"),
    Body("a<noscript><p title='</noscript><img src=x onerror=hit()>'></noscript>b", "a'&gt;b"),
    Body("a<template><script>hit()</script></template>b", "ab"),
)

HANDLERS = (
    Body("a<img src=x onerror=hit()>b", "ab"),
    Body('a<img src="x"onerror="hit()"/>b', "ab"),
    Body("a<img/src/onerror=hit()>b", "ab"),
    Body('<p onclick="hit()" onmouseover=hit()>a</p>', "<p>a</p>"),
    Body("<b autofocus tabindex=1 onfocus=hit()>a</b>", "<b>a</b>"),
    Body("<div style=animation-name:x onanimationstart=hit()>a</div>", "<div>a</div>"),
    Body("<span/onpointerenter=hit()>a</span>", "<span>a</span>"),
    Body("a<body onload=hit()>b", "ab"),
    Body("a<video onerror=hit()><source src=x></video>b", "ab"),
    Body("a<audio src=x onerror=hit()></audio>b", "ab"),
    Body("a<details open ontoggle=hit()>b</details>", "ab"),
    Body("a<input autofocus onfocus=hit()>b", "ab"),
    Body("a<marquee onstart=hit()>b</marquee>", "ab"),
    Body("a<select autofocus onfocus=hit()></select>b", "ab"),
)

ADDRESSES = (
    Body('<a href="javascript:hit()">a</a>', "a"),
    Body("<a href=JaVaScRiPt:hit()>a</a>", "a"),
    Body('<a href="java&#09;script:hit()">a</a>', "a"),
    Body('<a href="java\nscript:hit()">a</a>', "a"),
    Body('<a href="&#x6A;&#x61;vascript&colon;hit()">a</a>', "a"),
    Body('<a href="\x01javascript:hit()">a</a>', "a"),
    Body('<a href="  javascript:hit()">a</a>', "a"),
    Body('<a href="data:text/html,<script>hit()</script>">a</a>', "a"),
    Body('<a href="vbscript:hit()">a</a>', "a"),
    Body('<a href="feed:javascript:hit()">a</a>', "a"),
    Body('<a href="javascript://x.example/%0ahit()">a</a>', "a"),
    Body('<a href="blob:https://x.example/1">a</a>', "a"),
    Body('<a href="/in" onclick="hit()" target=_blank>a</a>', '<a href="/in" rel="nofollow">a</a>'),
    Body(
        '<a href="https://x.example/?q=%22onmouseover=hit()">a</a>',
        '<a href="https://x.example/?q=%22onmouseover=hit()" rel="nofollow">a</a>',
    ),
)

ELSEWHERE = (
    Body(f'a<img src="{LOADS}/pixel.gif" width=1 height=1>b', "ab"),
    Body(f'a<img srcset="{LOADS}/1.gif 1x">b', "ab"),
    Body(f"a<iframe src={LOADS}></iframe>b", "ab"),
    Body("a<iframe srcdoc='<script>hit()</script>'></iframe>b", "ab"),
    Body(f"a<object data={LOADS}></object>b", "ab"),
    Body(f"a<embed src={LOADS}>b", "ab"),
    Body(f'a<link rel=stylesheet href="{LOADS}/x.css">b', "ab"),
    Body(f'a<meta http-equiv=refresh content="0;url={LOADS}">b', "ab"),
    Body(f"a<base href={LOADS}/>b", "ab"),
    Body(f'<p style="background:url({LOADS}/x.png)">a</p>', "<p>a</p>"),
    Body(f"a<table background={LOADS}/x.png><tr><td>b</td></tr></table>", "ab"),
    Body(f"a<form action={LOADS}><button>b</button></form>", "ab"),
    Body("<div style='position:fixed;top:0;left:0;width:100%;height:100%'>a</div>", "<div>a</div>"),
)

# Parsers that disagree: what one takes for text, another runs.
MUTATIONS = (
    Body("a<svg onload=hit()>", "a"),
    Body("a<svg><script>hit()</script></svg>b", "ab"),
    Body("a<svg><style><img src=x onerror=hit()></style></svg>b", "ab"),
    Body("a<math><mi xlink:href=javascript:hit()></mi></math>b", "ab"),
    Body("a<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=hit()&gt;'>"
         "</table></mtext></math>", "a"),
    Body("a<title><img src=x onerror=hit()></title>b", "ab"),
    Body("a<noembed><img src=x onerror=hit()></noembed>b", "ab"),
    Body("a<!--><img src=x onerror=hit()>-->b", "a--&gt;b"),
    Body("a<![CDATA[<img src=x onerror=hit()>]]>b", "a]]&gt;b"),
    Body("&lt;script&gt;hit()&lt;/script&gt;", "&lt;script&gt;hit()&lt;/script&gt;"),
    Body("&amp;lt;img src=x onerror=hit()&amp;gt;", "&amp;lt;img src=x onerror=hit()&amp;gt;"),
    Body("<b>a<p>b</b>c</p>", "<b>a</b><p><b>b</b>c</p>"),
)  # fmt: skip

MENTIONS = (
    Body('<a data-user-id="7"><script>hit()</script>Sari</a>', "@Sari"),
    Body('<a data-user-id="7" onclick="hit()" href="javascript:hit()">Sari</a>', "@Sari"),
    Body('<a data-user-id="7"><img src=x onerror=hit()>Sari</a>', "@Sari"),
    Body('<a data-user-id="7">&lt;img src=x onerror=hit()&gt;</a>', "@&lt;img src=x onerror=hit()&gt;"),
    Body("<a data-user-id='\"><img src=x onerror=hit()>'>Sari</a>", "@Sari"),
    Body('<a data-mention href="//users/7/edit_user">@<b onclick=hit()>Sari</b></a>', "@<b>Sari</b>"),
    Body('<b title="<a data-user-id=7><img src=x onerror=hit()></a>">a</b>', "<b>a</b>"),
    Body('<a href="//users/7/edit_user" title="<script>hit()</script>">Sari</a>', "@Sari"),
)

CHARACTERS = (
    Body("a\ud83db", "a\ufffdb"),
    Body("\udc4d", "\ufffd"),
    Body("a\x00b<\x00script>hit()</script>", "ab&lt;script&gt;hit()"),
    Body("a\x1b[31mb\x07", "a[31mb"),
    Body('<a href="https://x.example>a</a> b', '&lt;a href="https://x.example&gt;a b'),
    # what is left of it begins with an end tag, which makes an empty paragraph
    Body("<p title='a>b</p>", "&lt;p title='a&gt;b<p></p>"),
    Body("a <b", "a &lt;b"),
    Body("Sari <sari@x.example> dan <Pak Budi>", "Sari &lt;sari@x.example&gt; dan &lt;Pak Budi&gt;"),
)


def large() -> tuple[Body, ...]:
    """Bodies near the limit of 4 MiB, and such as make parsers slow."""
    picture = "iVBORw0KGgoAAAANSUhEUgAA" * (3 * _MIB // 24)
    deep = "<center>" * 20_000
    return (
        Body(f'<p>a<img src="data:image/png;base64,{picture}">b</p>', "<p>ab</p>"),
        Body(f'a<img src="data:image/png;base64,{picture}"><img src="data:image/gif;base64,R0lGOD">b', "ab"),
        Body(f"<p>a</p><!--{'-' * 200_000}-->", "<p>a</p>"),
        Body(f"<table>{'<tr><td>' * 10_000}a</table>", "a"),
        Body(f"a{deep}b", "ab"),
    )


FAMILIES: dict[str, tuple[Body, ...]] = {
    "scripts": SCRIPTS,
    "handlers": HANDLERS,
    "addresses": ADDRESSES,
    "elsewhere": ELSEWHERE,
    "mutations": MUTATIONS,
    "mentions": MENTIONS,
    "characters": CHARACTERS,
}


def bodies() -> tuple[Body, ...]:
    """Return every body of every family."""
    return (*(body for family in FAMILIES.values() for body in family), *large())
