"""Note bodies as several editors write them, each beside what must be stored of it.

Every pair is written by hand from the content policy (RFC decision 5): allowed tags stay, attributes
go except `href`, links get `rel="nofollow"`, mentions become `@Name`, what runs is dropped with its
content, any other tag is unwrapped, and text is written as an HTML serialiser writes it.
`$line` and `$other` are sentences, `$user` and `$uid` a CRM user's name and id, `$emoji` and
`$heading` what they say; none of them holds a markup character.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a note: `source` as the CRM has it, `stored` as the CDP must get it."""

    source: str
    stored: str


def _kept(html: str) -> Fragment:
    return Fragment(html, html)


# Closed pieces: any of them may follow any other in one note.
BLOCKS = (
    # TinyMCE
    _kept("<p>$line</p>"),
    _kept("<p>$line</p>\n<p>$other</p>"),
    _kept("<ul>\n<li>$line</li>\n<li>$other</li>\n</ul>"),
    Fragment(
        '<p style="text-align: justify;" data-mce-style="text-align: justify;">$line</p>\n<p>&nbsp;</p>',
        "<p>$line</p>\n<p>&nbsp;</p>",
    ),
    Fragment("<p><strong>$line</strong><br />$other</p>", "<p><strong>$line</strong><br>$other</p>"),
    Fragment(
        '<h3 class="mce-heading" id="h-1">$heading</h3>\n<p>$line</p>', "<h3>$heading</h3>\n<p>$line</p>"
    ),
    Fragment(
        '<p>$line <a title="Katalog" href="https://shop.example/p?id=7&amp;ref=crm" target="_blank" '
        'rel="noopener noreferrer" data-mce-href="https://shop.example/p?id=7&amp;ref=crm">katalog</a></p>',
        '<p>$line <a href="https://shop.example/p?id=7&amp;ref=crm" rel="nofollow">katalog</a></p>',
    ),
    Fragment(
        '<p><span style="color: #e03e2d; background: url(https://track.example/p.gif);">$line</span></p>',
        "<p><span>$line</span></p>",
    ),
    Fragment(
        '<p>$heading:</p>\n<table style="width: 100%;" border="1">\n<tbody>\n<tr>\n<td>$line</td>\n'
        "<td>$other</td>\n</tr>\n</tbody>\n</table>\n<p>--</p>",
        "<p>$heading:</p>\n\n\n\n$line\n$other\n\n\n\n<p>--</p>",
    ),
    Fragment(
        '<p>$line<img class="emoticon" src="https://crm.example/emoticons/smile.gif" alt="smile" /></p>',
        "<p>$line</p>",
    ),
    # Quill
    Fragment('<p class="ql-align-center"><em>$line</em></p>', "<p><em>$line</em></p>"),
    Fragment(
        '<ol><li data-list="bullet"><span class="ql-ui" contenteditable="false"></span>$line</li>'
        '<li data-list="bullet" class="ql-indent-1">$other</li></ol>',
        "<ol><li><span></span>$line</li><li>$other</li></ol>",
    ),
    Fragment(
        '<pre class="ql-syntax" spellcheck="false">total = 12 * 4500\nppn   = 11%</pre><p>$line</p>',
        "<pre>total = 12 * 4500\nppn   = 11%</pre><p>$line</p>",
    ),
    _kept("<p><s>$line</s> <u>$other</u></p>"),
    # Word, Outlook, Gmail
    Fragment(
        '<p class="MsoNormal" style="mso-margin-top-alt:auto"><span lang="IN" style="font-size:12.0pt;'
        'font-family:&quot;Times New Roman&quot;,serif">$line<o:p></o:p></span></p>',
        "<p><span>$line</span></p>",
    ),
    Fragment(
        "<style><!-- /* Font Definitions */ @font-face {font-family:Calibri;} --></style>"
        '<p class="MsoListParagraph"><!--[if !supportLists]-->1.<span style="font:7.0pt">&nbsp;&nbsp;</span>'
        "<!--[endif]-->$line</p>",
        "<p>1.<span>&nbsp;&nbsp;</span>$line</p>",
    ),
    Fragment(
        "<p>$line</p><!--[if gte mso 9]><xml><w:Zoom>100</w:Zoom></xml><![endif]--><p>$other</p>",
        "<p>$line</p><p>$other</p>",
    ),
    Fragment(
        '<div dir="ltr">$line<div><br></div><blockquote class="gmail_quote" style="margin:0 0 0 .8ex">'
        "$other</blockquote></div>",
        "<div>$line<div><br></div><blockquote>$other</blockquote></div>",
    ),
    Fragment('<p><font color="red" face="Arial">$line</font></p>', "<p>$line</p>"),
    # Rails simple_format
    Fragment("<p>$line\n<br />$other</p>\n\n<p>$emoji</p>", "<p>$line\n<br>$other</p>\n\n<p>$emoji</p>"),
    # typed by hand
    Fragment("<P><B>$line</B><BR>$other</P>", "<p><b>$line</b><br>$other</p>"),
    Fragment(
        "<p>Ibu &quot;Sari&quot; &amp; Bapak &#39;Andi&#39; &mdash; $line</p>",
        "<p>Ibu \"Sari\" &amp; Bapak 'Andi' — $line</p>",
    ),
    Fragment("<p>Rp&nbsp;1.250.000\u00a0saja</p>", "<p>Rp&nbsp;1.250.000&nbsp;saja</p>"),
    _kept("<p>$emoji $line $emoji</p>"),
    Fragment(
        '<p>Email: <a href="mailto:sales@shop.example">sales@shop.example</a>, '
        'telp <a href="tel:+62215550100">021 555 0100</a></p>',
        '<p>Email: <a href="mailto:sales@shop.example" rel="nofollow">sales@shop.example</a>, '
        "telp 021 555 0100</p>",
    ),
    Fragment(
        '<p><a href="/crm/deals/44">$line</a></p>', '<p><a href="/crm/deals/44" rel="nofollow">$line</a></p>'
    ),
    # older than the CRM's own sanitizing
    Fragment("<p>$line</p><script>document.write('hai')</script>", "<p>$line</p>"),
    Fragment('<p onclick="alert(1)">$line</p>', "<p>$line</p>"),
    Fragment('<p><a href="javascript:void(0)">$line</a></p>', "<p>$line</p>"),
    Fragment('<p>$line</p><iframe src="https://video.example/embed/1">video</iframe>', "<p>$line</p>"),
)

MENTIONS = (
    Fragment(
        '<p>Tolong <a data-user-id="$uid" href="//users/$uid/edit_user">$user</a> dibantu. $line</p>',
        "<p>Tolong @$user dibantu. $line</p>",
    ),
    Fragment(
        '<p><a class="mceNonEditable" contenteditable="false" data-mention="$uid">@$user</a>&nbsp;$line</p>',
        "<p>@$user&nbsp;$line</p>",
    ),
    Fragment('<p>$line cc <a href="/users/$uid/edit_user">$user</a></p>', "<p>$line cc @$user</p>"),
    Fragment(
        '<div>$line <A HREF="/users/$uid/edit_user" DATA-USER-ID=$uid>$user</A></div>',
        "<div>$line @$user</div>",
    ),
    Fragment(
        '<ul><li><a data-user-id="$uid">$user</a></li><li><strong>$line</strong></li></ul>',
        "<ul><li>@$user</li><li><strong>$line</strong></li></ul>",
    ),
    Fragment(
        '<p><a data-user-id="$uid">$user</a> lihat <a href="https://shop.example/a?b=1&amp;c=2">ini</a></p>',
        '<p>@$user lihat <a href="https://shop.example/a?b=1&amp;c=2" rel="nofollow">ini</a></p>',
    ),
    # a mention of another editor, which is not an anchor
    Fragment(
        '<p><span class="mention" data-id="$uid">@$user</span> $line</p>', "<p><span>@$user</span> $line</p>"
    ),
)

# Bodies that stand alone: they are not closed, or have no block around them.
WHOLES = (
    _kept("$line"),
    _kept("$line\n$other\n\n$emoji"),
    Fragment("$line\r\n$other", "$line\n$other"),
    Fragment("harga < 5 juta & diskon > 10% -- $line", "harga &lt; 5 juta &amp; diskon &gt; 10% -- $line"),
    Fragment("$line<br/><br/>$other", "$line<br><br>$other"),
    Fragment("<p>$line<p>$other", "<p>$line</p><p>$other</p>"),
    Fragment("<p>$line <b>$other", "<p>$line <b>$other</b></p>"),
    Fragment("<div>$line</div></span></td>", "<div>$line</div>"),
    Fragment("<li>$line<li>$other", "<li>$line</li><li>$other</li>"),
    Fragment("<a data-user-id='$uid'>$user</a> $line", "@$user $line"),
)
