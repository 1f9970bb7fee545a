//! Who wrote an article, of all that a page says of it: the signature at the end of the text, JSON-LD, an element that is
//! named for the author, a labelled line before or after the text, `<meta>`.

use super::body::Body;
use super::byline;
use super::facts::Facts;
use super::flat::Flat;

#[cfg(test)]
mod tests;

/// Elements after the text in which a labelled line is looked for.
const BEHIND: usize = 80;

/// Where authors are looked for.
pub struct Authors<'a> {
    pub flat: &'a Flat<'a>,
    pub facts: &'a Facts,
    pub title_at: Option<usize>,
    /// Elements that hold the text.
    pub roots: &'a [usize],
}

impl Authors<'_> {
    /// Returns the authors, several joined by commas. A signature comes first, then people in the
    /// metadata, then what a reader sees beside the text, and last a line that only its type marks
    /// as a byline.
    pub fn choose(&self, body: &Body) -> Option<String> {
        let signed = body.byline.clone().filter(|_| body.is_signed);
        signed
            .or_else(|| self.people(&self.facts.article_authors))
            .or_else(|| self.of_elements())
            .or_else(|| self.labelled_line())
            .or_else(|| self.people(&self.facts.authors))
            .or_else(|| body.byline.clone())
            .or_else(|| self.opening_line())
            .or_else(|| self.told(&self.facts.article_authors))
            .or_else(|| self.told(&self.facts.newsrooms))
            .or_else(|| self.told(&self.facts.authors))
    }

    fn told(&self, names: &[String]) -> Option<String> {
        let publishers = &self.facts.publishers;
        byline::joined(names.iter().filter_map(|name| byline::of_field(name, publishers)).collect())
    }

    fn people(&self, names: &[String]) -> Option<String> {
        let publishers = &self.facts.publishers;
        let people = names.iter().filter_map(|name| byline::of_field(name, publishers));
        byline::joined(people.filter(|name| byline::is_person(name)).collect())
    }

    /// What an element holds that is named for the author.
    fn of_elements(&self) -> Option<String> {
        const NAMED: &[&str] = &["author", "tacgia", "tac-gia", "byline"];
        let flat = self.flat;
        let said = |at: usize, key| {
            flat.elements[at].node.attr(key).is_some_and(|said| {
                said.split_whitespace().any(|word| word.eq_ignore_ascii_case("author"))
            })
        };
        (0..flat.elements.len())
            .filter(|at| {
                let element = &flat.elements[*at];
                (1..=120).contains(&element.letters)
                    && !element.in_margin
                    && (flat.is_named(*at, NAMED) || said(*at, "itemprop") || said(*at, "rel"))
                    && !self.is_of_picture(*at)
            })
            .find_map(|at| {
                let several = self.names_inside(at);
                several.or_else(|| {
                    byline::of_element(&flat.short_text(at, 80)?, &self.facts.publishers)
                })
            })
    }

    /// Whether an element belongs to a picture, whose author has not written the text.
    fn is_of_picture(&self, at: usize) -> bool {
        self.flat.around(at).take(6).any(|above| {
            matches!(self.flat.elements[above].tag, "figure" | "figcaption")
                || self.flat.is_named(above, &["caption", "photo", "credit", "image-"])
        })
    }

    /// The names of several authors, each in an element of its own.
    fn names_inside(&self, at: usize) -> Option<String> {
        let flat = self.flat;
        let end = flat.elements[at].end;
        let is_leaf = |inner: &usize| {
            let element = &flat.elements[*inner];
            element.letters > 0
                && flat.children(*inner).all(|child| flat.elements[child].letters == 0)
        };
        let mut names: Vec<String> = Vec::new();
        for inner in (at + 1..end).filter(is_leaf) {
            let text = flat.short_text(inner, 80)?;
            let Some(name) = byline::of_element(&text, &self.facts.publishers) else {
                // "und", "by", a date beside the names.
                if flat.elements[inner].tag == "a" {
                    return None;
                }
                continue;
            };
            names.push(name);
        }
        (names.len() >= 2).then(|| byline::joined(names)).flatten()
    }

    /// A line beside the text that says by its label who wrote it: "Tác giả bài viết: …".
    fn labelled_line(&self) -> Option<String> {
        const LABELS: &[&str] = &[
            "tac gia",
            "nguoi viet",
            "nguoi dang",
            "nguoi thuc hien",
            "viet boi",
            "dang boi",
            "tin va anh",
            "tin, anh",
            "tin - anh",
            "tin anh",
            "bai va anh",
            "bai, anh",
            "bai - anh",
            "bai anh",
            "tin, bai",
            "tin bai",
            "bai viet",
            "author",
            "written by",
            "posted by",
            "by ",
            "von ",
            "par ",
            "por ",
            "phong vien",
            "text",
            "autor",
            "texte",
            "texto",
            "(tin",
            "(bai",
        ];
        let flat = self.flat;
        let last = self.roots.iter().map(|root| flat.elements[*root].end).max();
        let first = self.title_at.unwrap_or(0);
        let end = last.map_or(flat.elements.len(), |last| last + BEHIND).min(flat.elements.len());
        (first..end)
            .filter(|at| {
                let element = &flat.elements[*at];
                (6..=80).contains(&element.letters)
                    && !element.in_margin
                    && !element.in_link
                    && !element.is_unseen
                    && (element.is_block && element.own == element.letters || element.tag == "span")
            })
            .filter_map(|at| Some((at, flat.short_text(at, 80)?)))
            .filter(|(_, text)| {
                let folded = super::text::fold(text);
                LABELS.iter().any(|label| folded.starts_with(label))
            })
            .filter(|(at, text)| byline::is_labelled(text) && !self.is_of_picture(*at))
            .find_map(|(_, text)| {
                let name = without_next_label(&text);
                byline::of_paragraph(name, true, true, &self.facts.publishers)
            })
    }

    /// A line of the text's first three that is nothing but a name in bold, or says by its label that it is the author's.
    fn opening_line(&self) -> Option<String> {
        let flat = self.flat;
        let root = *self.roots.first()?;
        let blocks = (root + 1..flat.elements[root].end).filter(|at| {
            let element = &flat.elements[*at];
            element.is_block && element.own > 0 && !element.is_unseen
        });
        blocks.take(3).filter(|at| flat.elements[*at].letters <= 60).find_map(|at| {
            let bold = flat.elements[at..flat.elements[at].end].iter().any(|inner| {
                matches!(inner.tag, "b" | "strong") && inner.letters == flat.elements[at].letters
            });
            let text = flat.short_text(at, 60)?;
            let named = matches!(flat.elements[at].tag, "p" | "div")
                && (bold || byline::is_labelled(&text));
            byline::of_paragraph(&text, true, false, &self.facts.publishers).filter(|_| named)
        })
    }
}

/// A labelled line without what further labels on it say: "Tác giả: Lê Mẫu Nguồn: Báo khác".
fn without_next_label(text: &str) -> &str {
    let next = ["Nguồn", "Ngày", "Lượt", "Cập nhật", "Source:"];
    let cut = next.iter().filter_map(|label| text.find(label)).filter(|at| *at > 0).min();
    cut.map_or(text, |cut| text[..cut].trim_end_matches([' ', '-', '–', '|', ',', ';']))
}
