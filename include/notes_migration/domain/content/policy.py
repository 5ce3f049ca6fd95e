"""What may stay in a note: the policy, as one value that reads like the design's table (ADR on content)."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ContentPolicy:
    """Everything not named here is taken out; the defaults are the policy of RFC decision 5.

    Lengths count code points of the stored string, sizes count bytes of the note's UTF-8.
    """

    tags: frozenset[str] = frozenset(
        {"a", "b", "i", "strong", "em", "u", "s", "span", "br", "div", "p", "ul", "ol", "li"}
        | {"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre"}
    )
    # Their content goes with them; every other element that is not allowed is unwrapped.
    dropped_with_content: frozenset[str] = frozenset(
        {"script", "style", "template", "noscript", "iframe", "object", "embed", "svg", "math", "title"}
        | {"noembed", "noframes", "applet", "frame", "frameset"}
    )
    link_attributes: frozenset[str] = frozenset({"href"})  # on `a`; no other element has any
    link_schemes: frozenset[str] = frozenset({"http", "https", "mailto"})
    relative_links: bool = True  # as bluemonday's AllowStandardURLs; hidden schemes are refused
    link_rel: str = "nofollow"
    mention_attributes: frozenset[str] = frozenset({"data-user-id", "data-mention"})
    mention_path: str = r"/users/[^/?#]+/edit_user"
    max_code_points: int = 10_000
    max_bytes: int = 4 * MIB
    max_rounds: int = 10  # of nh3 until a second reading changes nothing; two are the rule


POLICY = ContentPolicy()
