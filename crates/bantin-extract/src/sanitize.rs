//! The only maker of [`CleanHtml`] from foreign markup (P8). `flow` has already rebuilt the markup from a few plain
//! elements; ammonia has the last word, and whatever it would change once more is not clean.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use url::Url;

use super::flow::{self, Flow, FlowMarks};
use super::page::Page;
use super::text;
use crate::model::CleanHtml;

/// Cleans foreign markup: a feed entry's content, an article's body. Relative addresses are taken against `base`.
/// Markup that no tree may be built of becomes the empty text.
pub fn clean(html: &str, base: &Url) -> CleanHtml {
    flow_of(html, base).map(|flow| vouch(&flow.html)).unwrap_or_default()
}

/// The text of foreign markup, one paragraph a line.
pub fn plain(html: &str, base: &Url) -> String {
    flow_of(html, base).map(|flow| flow.text).unwrap_or_default()
}

/// The lines of a text that may hold markup, escaped once more or not at all.
pub(super) fn plain_markup(text: &str) -> String {
    if !text.contains(['<', '&']) {
        return text.to_owned();
    }
    let base = Url::parse("http://localhost/").expect("a fixed address");
    let once = plain(&text.replace('\n', "<br>"), &base);
    if once.contains("</") { plain(&once.replace('\n', "<br>"), &base) } else { once }
}

fn flow_of(html: &str, base: &Url) -> Option<Flow> {
    let page = Page::parse(html, base).ok()?;
    let body = page.document.body()?;
    Some(flow::write(&[body], base, &FlowMarks::default()))
}

/// Markup that `flow` made, as clean markup.
pub(super) fn vouch(html: &str) -> CleanHtml {
    let once = AMMONIA.clean(html).to_string();
    if once == html {
        return CleanHtml::vouched_for(once);
    }
    let twice = AMMONIA.clean(&once).to_string();
    if once == twice {
        return CleanHtml::vouched_for(once);
    }
    // Markup that reads differently the second time could read differently in a browser too. Its text is safe.
    CleanHtml::vouched_for(format!("<p>{}</p>", ammonia::clean_text(&text::clean(&strip(&twice)))))
}

fn strip(html: &str) -> String {
    Builder::empty().clean(html).to_string()
}

static AMMONIA: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
            "p",
            "br",
            "b",
            "strong",
            "i",
            "em",
            "u",
            "s",
            "sub",
            "sup",
            "ul",
            "ol",
            "li",
            "a",
            "img",
            "blockquote",
            "h2",
            "h3",
            "h4",
            "hr",
            "table",
            "thead",
            "tbody",
            "tfoot",
            "tr",
            "th",
            "td",
            "figure",
            "figcaption",
        ]))
        .clean_content_tags(HashSet::from([
            "script", "style", "iframe", "noscript", "title", "textarea", "svg", "math",
        ]))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("img", HashSet::from(["src", "alt"])),
        ]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .attribute_filter(|element, attribute, value| {
            // A picture is fetched without a click, so it is http or nothing.
            let wrong = (element, attribute) == ("img", "src")
                && !value.starts_with("http:")
                && !value.starts_with("https:");
            (!wrong).then(|| value.into())
        })
        .link_rel(Some(flow::REL));
    builder
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn base() -> Url {
        Url::parse("https://portal.example.vn/tin/bai.aspx").expect("a fixed address")
    }

    fn check(html: &str, expected: &str) {
        let once = clean(html, &base());
        assert_eq!(once.as_str(), expected, "{html}");
        assert_eq!(clean(once.as_str(), &base()), once, "{html} a second time");
    }

    #[test]
    fn a_style_counts_by_its_whole_name() {
        check(
            "<p><span style='mso-bidi-font-style: italic; mso-ansi-font-weight:bold'>Một</span></p>",
            "<p>Một</p>",
        );
        check("<p>Một <span style='FONT-STYLE : italic'>hai</span></p>", "<p>Một <em>hai</em></p>");
        check(
            "<p>Một <span style='color:red;font-weight:700 !important'>hai</span></p>",
            "<p>Một <strong>hai</strong></p>",
        );
    }

    #[test]
    fn p8_nothing_that_runs_survives() {
        for html in [
            "<script>alert(1)</script>",
            "<Svg OnLoad=alert(1)>",
            "<svg><script>alert(1)</script></svg>",
            "<math><mtext><script>alert(1)</script>",
            "<style>*{background:url(javascript:alert(1))}</style>",
            "<iframe src='https://a.vn'>x</iframe>",
            "<img src=x:y onerror=alert(1)>",
            "<object data='a.swf'>x</object>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
            "<template><script>alert(1)</script></template>",
            "<textarea><script>alert(1)</script></textarea>",
            "<img src='data:image/svg+xml,<svg onload=alert(1)>'>",
            "<form action=javascript:alert(1)><input></form>",
            "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
            "<!--><script>alert(1)</script>-->",
        ] {
            let found = clean(html, &base());
            let text = found.as_str().to_ascii_lowercase();
            for bad in [
                "<script",
                "alert(1)>",
                "onerror=",
                "onload=",
                "javascript:",
                "<iframe",
                "<svg",
                "<style",
                "data:",
            ] {
                // Written out as text it is harmless.
                assert!(!text.contains(bad), "{html} left {text}");
            }
        }
    }

    #[test]
    fn p8_links_lead_to_pages_and_mail_only() {
        check("<a href='JavaScript:alert(1)'>a</a>", "<p>a</p>");
        check("<a href=' java\nscript:alert(1)'>a</a>", "<p>a</p>");
        check(
            "<a href='data:text/html,x'>a</a><a href='vbscript:x'>b</a><a href='file:///etc/passwd'>c</a>",
            "<p>abc</p>",
        );
        check(
            "<a href='HTTPS://A.vn/x' target=_top style=color:red onclick=x>a</a>",
            "<p><a href=\"https://a.vn/x\" rel=\"nofollow noopener noreferrer\">a</a></p>",
        );
        check(
            "<a href='../van-ban?a=1&amp;b=2'>a</a>",
            "<p><a href=\"https://portal.example.vn/van-ban?a=1&amp;b=2\" rel=\"nofollow noopener noreferrer\">a</a></p>",
        );
        check(
            "<a href='mailto:so@example.vn'>a</a>",
            "<p><a href=\"mailto:so@example.vn\" rel=\"nofollow noopener noreferrer\">a</a></p>",
        );
    }

    #[test]
    fn what_word_pastes_becomes_paragraphs() {
        check(
            "<!--[if gte mso 9]><xml><w:View>Normal</w:View></xml><![endif]--><div class=MsoNormal style='mso-x:y'><span lang=VI><b style='mso-bidi:x'>Một</b>&nbsp;<o:p></o:p></span></div><p>&nbsp;</p><div><span style='font-weight: bold'>Hai</span><br><br/>ba</div><p class=MsoNormal><o:p>&nbsp;</o:p></p>",
            "<p><strong>Một</strong></p><p><strong>Hai</strong></p><p>ba</p>",
        );
        check(
            "<h1>A</h1><h5>B</h5><div>C<div>D</div>E</div>",
            "<h2>A</h2><h4>B</h4><p>C</p><p>D</p><p>E</p>",
        );
        check(
            "<b>x<p>y</p>z</b>",
            "<p><strong>x</strong></p><p><strong>y</strong></p><p><strong>z</strong></p>",
        );
        check("a <b> </b>b<i></i> <i>c </i>d", "<p>a b <em>c</em> d</p>");
    }

    #[test]
    fn lists_tables_and_pictures_keep_their_form() {
        check(
            "<ul><li>a<ul><li>b</ul><li>c<li></ul>",
            "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>",
        );
        check("<table><tr><th>a<th>b<tr><td>c<td></table>", "<p>a</p><p>b</p><p>c</p>");
        check(
            "<table><tr><th>a<th>b<tr><td>c<p>e<td>d</table>",
            "<table><tbody><tr><th>a</th><th>b</th></tr><tr><td>c<br>e</td><td>d</td></tr></tbody></table>",
        );
        check(
            "<img data-src='/a.jpg' src='data:image/gif;base64,R0' alt='A \"b\"'>",
            "<p><img src=\"https://portal.example.vn/a.jpg\" alt=\"A &quot;b&quot;\"></p>",
        );
        check(
            "<figure><img src=/a.jpg><figcaption>A &amp; b</figcaption></figure>",
            "<figure><img src=\"https://portal.example.vn/a.jpg\" alt=\"\"><figcaption>A &amp; b</figcaption></figure>",
        );
        check("<blockquote>a<p>b</blockquote>", "<blockquote><p>a</p><p>b</p></blockquote>");
    }

    #[test]
    fn p11_markup_too_deep_for_a_tree_is_no_content() {
        check(&"<div>".repeat(5_000), "");
    }

    fn soup() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<p>",
            "</p>",
            "<b>",
            "</b>",
            "<i>",
            "<a href=/x>",
            "</a>",
            "<table>",
            "<tr>",
            "<td>",
            "</table>",
            "<ul>",
            "<li>",
            "</ul>",
            "<h1>",
            "</h1>",
            "<blockquote>",
            "</blockquote>",
            "<figure>",
            "</figure>",
            "<figcaption>",
            "</figcaption>",
            "<img src=/a.jpg>",
            "<div>",
            "</div>",
            "<br>",
            "x",
            " ",
            "&nbsp;",
            "&lt;b&gt;",
            "&amp;amp;",
            "<svg>",
            "</svg>",
            "<math>",
            "<style>",
            "</style>",
            "<title>",
            "<!--",
            "-->",
            "<script>",
            "</script>",
            "<span style=font-weight:bold>",
            "</span>",
            "<hr>",
            "<ol>",
            "</ol>",
            "<th>y",
            "<select>",
            "<option>",
            "\u{301}",
            "à",
            "<",
            "&",
            "\"",
            "<o:p>",
            "</o:p>",
            "<h3>",
            "<noscript>",
            "<textarea>",
        ]);
        proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1_000) })]

        #[test]
        fn p8_what_is_clean_stays_as_it_is(html in soup()) {
            let once = clean(&html, &base());
            prop_assert_eq!(clean(once.as_str(), &base()), once);
        }

        #[test]
        fn p8_any_text_can_be_cleaned(html in any::<String>()) {
            let once = clean(&html, &base());
            prop_assert_eq!(clean(once.as_str(), &base()), once);
        }
    }
}
