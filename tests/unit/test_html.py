"""HTML to text: what stays readable, what nobody sees, what mail programs wrap around it."""

import pytest

from maild.ingest.html import html_text


@pytest.mark.parametrize(
    ("source", "whole", "has", "lacks"),
    [
        pytest.param(source, whole, has, lacks, id=name)
        for name, source, whole, has, lacks in (
            (
                "entities",
                "<p>a &lt;b&gt; &amp; c&nbsp;d &copy; &euro; &hellip; &ldquo;x&rdquo;</p>",
                "a <b> & c d © € … “x”",
                [],
                [],
            ),
            ("entities-1252", "<p>&#146;s &#133; &#150; &#128;</p>", "’s … – €", [], []),
            ("entities-hex", "<p>&#x6253;&#x5370;&#26426;</p>", "打印机", [], []),
            ("entity-unterminated", "<p>a &amp b &nbspc &copy 2024</p>", "a & b  c © 2024", [], []),
            ("nbsp-only", "<div>a</div><div>&nbsp;</div><div>b</div>", "a\n\nb", [], []),
            ("br", "a<br>b<br/>c<BR />d", "a\nb\nc\nd", [], []),
            ("divs", "<div>a</div><div>b</div><div><br></div><div>c</div>", "a\nb\n\nc", [], []),
            ("paragraphs", "<p>a</p><p>b</p>", "a\n\nb", [], []),
            (
                "outlook-paragraphs",
                (
                    '<p class="MsoNormal">Hello<o:p></o:p></p'
                    '><p class="MsoNormal"><o:p>&nbsp;</o:p><'
                    '/p><p class="MsoNormal">World<o:p></o:p>'
                    "</p>"
                ),
                None,
                ["Hello", "World"],
                ["o:p"],
            ),
            (
                "outlook-conditional",
                (
                    "<html><head><!--[if gte mso 9]><xml><o:O"
                    "fficeDocumentSettings>secret</o:OfficeDo"
                    "cumentSettings></xml><![endif]--><style>"
                    "p{color:red}</style></head><body><!--[if"
                    " mso]><p>only outlook</p><![endif]--><!["
                    "if !mso]><p>all</p><![endif]></body></ht"
                    "ml>"
                ),
                "all",
                [],
                [],
            ),
            (
                "preheader",
                (
                    '<body><div style="display:none;max-heigh'
                    't:0">Preview text</div><div style="displ'
                    'ay: none !important">2</div><span style='
                    '"font-size:0">3</span><p>Body</p></body>'
                ),
                "Body",
                [],
                [],
            ),
            ("hidden-attr", "<p hidden>no</p><p>yes</p>", "yes", [], []),
            (
                "script-style",
                "<style>p{}</style><script>alert(1)</script><p>yes</p><noscript>no script</noscript>",
                None,
                ["yes"],
                ["alert", "p{}"],
            ),
            ("title", "<html><head><title>Secret title</title></head><body>yes</body></html>", "yes", [], []),
            ("no-body-tag", "打印机<b>坏了</b>", "打印机坏了", [], []),
            ("text-only", "just text, no tags", "just text, no tags", [], []),
            (
                "list",
                "<p>Steps:</p><ul><li>one</li><li>two</li></ul><ol><li>first</li><li>second</li></ol>",
                None,
                ["Steps:", "one\n", "two\n", "1. first\n", "2. second"],
                [],
            ),
            ("list-nested", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", None, ["a\n", "b\n", "c"], []),
            ("list-start", '<ol start="3"><li>c</li><li>d</li></ol>', None, ["3. c", "4. d"], []),
            (
                "table",
                "<table><tr><td>部门</td><td>财务部</td></tr><tr><td>电话</td><td>1234</td></tr></table>",
                None,
                ["部门", "财务部", "电话"],
                [],
            ),
            (
                "table-rows-of-blocks",
                (
                    "<table><tr><td><p>部门</p></td><td><p>财务部<"
                    "/p></td></tr><tr><td><p>电话</p></td><td><"
                    "p>1234</p></td></tr></table>"
                ),
                None,
                ["部门"],
                [],
            ),
            (
                "table-nested",
                (
                    "<table><tr><td><table><tr><td>A</td><td>"
                    "1</td></tr><tr><td>B</td><td>2</td></tr>"
                    "</table></td></tr></table>"
                ),
                None,
                ["A", "B"],
                [],
            ),
            (
                "layout-table",
                ("<table width=600><tr><td><p>Dear Sir,</p><p>The printer is broken.</p></td></tr></table>"),
                None,
                ["Dear Sir,\n", "The printer is broken."],
                [],
            ),
            (
                "link-differs",
                '<a href="https://kb.corp.example/1">the article</a> ok',
                "the article (https://kb.corp.example/1) ok",
                [],
                [],
            ),
            (
                "link-same",
                '<a href="https://kb.corp.example/1">https://kb.corp.example/1</a>',
                "https://kb.corp.example/1",
                [],
                [],
            ),
            ("link-mailto", '<a href="mailto:li@corp.example">li@corp.example</a>', "li@corp.example", [], []),
            ("link-no-href", '<a name="top">Top</a> text', "Top text", [], []),
            ("link-javascript", '<a href="javascript:alert(1)">click</a>', None, ["click"], ["alert"]),
            ("link-image", '<a href="https://x.example/"><img src="cid:a" alt="logo"></a>after', None, ["after"], []),
            ("image-alt-filename", '<p>See <img src="cid:1" alt="image001.png"> here</p>', None, [], ["image001"]),
            ("emoji-image", '<p>Thanks <img class="emoji" alt="😀" src="x"></p>', None, ["😀"], []),
            ("pre", "<pre>line 1\n  line 2\n\tline 3</pre>", None, ["line 1\n  line 2\n"], []),
            ("hr", "<p>a</p><hr><p>b</p>", None, ["a", "b"], []),
            ("blockquote", "<p>yes</p><blockquote>quoted text</blockquote>", None, ["yes", "quoted text"], []),
            ("headings", "<h1>Title</h1><p>text</p>", None, ["Title\n", "text"], []),
            ("whitespace", "<p>a\n   b\r\n\tc</p>", "a b c", [], []),
            ("cjk-line-breaks", "<p>打印机\n坏了</p>", None, ["打印机", "坏了"], []),
            ("unclosed", "<p>a<p>b<div>c<b>d", None, ["a", "b", "c", "d"], []),
            ("broken-nesting", "<b><p>a</b>b</p></div></table>c", None, ["a", "b", "c"], []),
            (
                "xhtml",
                '<?xml version="1.0"?><!DOCTYPE html><html xmlns="x"><body><p>yes</p></body></html>',
                "yes",
                [],
                [],
            ),
            ("less-than-text", "<p>if a < b then c</p>", None, ["if a < b then c"], []),
            (
                "form-input",
                (
                    '<form><label>Name</label><input value="L'
                    'i"><textarea>text</textarea><select><opt'
                    "ion>a</option></select></form>"
                ),
                None,
                ["Name"],
                [],
            ),
            ("uppercase", "<HTML><BODY><P>YES</P></BODY></HTML>", "YES", [], []),
            (
                "two-documents",
                "<html><body><p>one</p></body></html>\r\n<html><body><p>two</p></body></html>",
                None,
                ["one", "two"],
                [],
            ),
            ("comment-unclosed", "<p>a</p><!-- b <p>c</p>", None, ["a"], []),
            ("cdata", "<p>a</p><![CDATA[ x ]]><p>b</p>", None, ["a", "b"], []),
            (
                "template-svg",
                ("<p>a</p><svg><title>t</title><text>svgtext</text></svg><template>tpl</template><p>b</p>"),
                None,
                ["a", "b"],
                [],
            ),
            ("frameset-empty", "<html><head></head></html>", "", [], []),
            (
                "body-white-on-white",
                (
                    '<body style="background:#fff"><p style="'
                    'color:#fff;background-color:white">hidde'
                    "n</p><p>shown</p></body>"
                ),
                "shown",
                [],
                [],
            ),
            ("dark-mode-same-colour", '<body><p style="color:#000;background:#fff">x</p></body>', "x", [], []),
            (
                "office-smart-tags",
                '<st1:place w:st="on">Berlin</st1:place> <span lang=EN-US>ok</span>',
                "Berlin ok",
                [],
                [],
            ),
            ("sub-sup", "<p>H<sub>2</sub>O 10<sup>3</sup></p>", "H2O 103", [], []),
            ("definition", "<dl><dt>Dept</dt><dd>IT</dd></dl>", None, ["Dept", "IT"], []),
            ("q-and-wbr", "<p>super<wbr>long</p>", "superlong", [], []),
            ("rtl", "<p dir=rtl>שלום</p>", "שלום", [], []),
        )
    ],
)
def test_html_reads_as_it_looks(source: str, whole: str | None, has: list[str], lacks: list[str]) -> None:
    """`whole` is the text, None where only the pieces count."""
    text = html_text(source).text
    assert whole is None or text == whole
    assert all(piece in text for piece in has), text
    assert not any(piece in text for piece in lacks), text


def test_html_that_is_nested_three_thousand_deep_keeps_its_text() -> None:
    assert html_text("<div>" * 3000 + "deep" + "</div>" * 3000).text == "deep"
