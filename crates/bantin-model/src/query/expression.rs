//! A query as a value: what it asks of an item, and which sources it names.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use chrono_tz::Tz;

use super::query_node::{QueryError, QueryNode};
use super::{fold, matching, parse};
use crate::{Item, SourceId};

/// A query that parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub(super) root: QueryNode,
}

impl Query {
    /// Reads a query. The empty query matches every item.
    ///
    /// Side by side means AND, which binds tighter than OR; NOT, or a hyphen set directly before, binds tightest. The
    /// operators are upper case; "and" and "or" are words. A word such as `12/2020/NĐ-CP` is the phrase of its parts.
    /// `after:` takes in its own day, `before:` does not.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        parse::parse(text).map(|root| Query { root })
    }

    /// Returns this query, held to a source, a section and to days from the first to the last, as
    /// far as they are named.
    pub fn narrowed(
        self,
        source: Option<SourceId>,
        section: &str,
        first: Option<NaiveDate>,
        last: Option<NaiveDate>,
    ) -> Query {
        let mut parts = vec![self.root];
        parts.extend(source.map(QueryNode::Source));
        let section = fold::syllables(section);
        if !section.is_empty() {
            parts.push(QueryNode::Section(section));
        }
        parts.extend(first.map(QueryNode::After));
        parts.extend(last.and_then(|day| day.succ_opt()).map(QueryNode::Before));
        if parts.len() > 1 {
            parts.retain(|part| *part != QueryNode::Anything);
        }
        let root = if parts.len() == 1 { parts.remove(0) } else { QueryNode::And(parts) };
        Query { root }
    }

    /// Whether the item's title, lead, text, section and byline say what the query asks for. Only whole syllables
    /// count. The symbol of a document that the item names, such as `30/2020/NĐ-CP`, matches however the text spells it
    /// and with or without accents. Days are counted in `zone`, the site's; an undated item counts by when it was first seen.
    pub fn matches(&self, item: &Item, zone: Tz) -> bool {
        matching::matches(&self.root, item, zone)
    }

    /// Returns the sources outside of which nothing can match, sorted; `None` when any source may.
    pub fn sources(&self) -> Option<Vec<SourceId>> {
        confined_to(&self.root).map(|sources| sources.into_iter().cloned().collect())
    }

    /// Returns every source named anywhere in the query, sorted: config checks that they exist.
    pub fn named_sources(&self) -> Vec<SourceId> {
        let mut named = BTreeSet::new();
        collect_sources(&self.root, &mut named);
        named.into_iter().cloned().collect()
    }
}

fn confined_to(node: &QueryNode) -> Option<BTreeSet<&SourceId>> {
    match node {
        QueryNode::Source(id) => Some(BTreeSet::from([id])),
        QueryNode::And(parts) => parts
            .iter()
            .filter_map(confined_to)
            .reduce(|some, others| some.intersection(&others).copied().collect()),
        QueryNode::Or(parts) => parts.iter().map(confined_to).reduce(|some, others| {
            let (mut some, others) = (some?, others?);
            some.extend(others);
            Some(some)
        })?,
        // An exclusion does not say which sources can match.
        QueryNode::Not(_) => None,
        _ => None,
    }
}

fn collect_sources<'a>(node: &'a QueryNode, named: &mut BTreeSet<&'a SourceId>) {
    match node {
        QueryNode::Source(id) => {
            named.insert(id);
        }
        QueryNode::Not(inner) => collect_sources(inner, named),
        QueryNode::And(parts) | QueryNode::Or(parts) => {
            parts.iter().for_each(|part| collect_sources(part, named));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, NaiveDate};
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use uuid::Uuid;

    use chrono_tz::Asia::Ho_Chi_Minh;

    use super::*;
    use crate::{CleanHtml, DocumentRef, ItemId, Published, Standing};

    fn item(title: &str, text: &str) -> Item {
        let seen = DateTime::from_timestamp(1_590_111_000, 0).expect("in range");
        Item {
            id: ItemId(Uuid::nil()),
            seq: 1,
            source: SourceId::parse("so-tttt").expect("a name"),
            url: "https://portal.example/tin".into(),
            title: title.into(),
            published: Published::On(NaiveDate::from_ymd_opt(2020, 5, 22).expect("a day")),
            updated: None,
            byline: Some("Quang Vượng".into()),
            section: Some("Tin hoạt động".into()),
            lead: None,
            content_html: CleanHtml::default(),
            content_text: text.into(),
            images: Vec::new(),
            attachments: Vec::new(),
            refs: Vec::new(),
            lang: None,
            standing: Standing::Open,
            first_seen: seen,
            changed_at: seen,
            sort_at: seen,
            revision: 0,
            reader: 0,
            feed_updated: None,
        }
    }

    #[test]
    fn the_days_of_a_query_are_those_of_the_site_s_zone() {
        let at = "2026-11-30T18:00:00Z".parse().expect("a time");
        let item = Item { published: Published::At(at), ..item("Tin", "đường bộ") };
        let query = Query::parse("after:2026-12-01").expect("a query");
        assert!(query.matches(&item, Ho_Chi_Minh));
        assert!(!query.matches(&item, Tz::UTC) && !query.matches(&item, Tz::America__New_York));
    }

    #[track_caller]
    fn check(item: &Item, hits: &[&str], misses: &[&str]) {
        for (queries, wanted) in [(hits, true), (misses, false)] {
            for text in queries {
                let query = Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
                assert_eq!(query.matches(item, Ho_Chi_Minh), wanted, "{text}");
            }
        }
    }

    #[track_caller]
    fn check_error(text: &str, wanted: Expect) {
        let error = Query::parse(text).expect_err(text);
        wanted.assert_eq(&format!("{error} [{}]", error.column));
    }

    #[test]
    fn a_word_with_accents_matches_exactly_and_one_without_matches_folded() {
        let news =
            item("UBND tỉnh Hoà Bình làm việc với Sở TT&TT", "Họp về đường bộ, cầu Hiền Lương.");
        check(
            &news,
            &[
                "",
                "hòa",
                "HÒA BÌNH",
                "hoà",
                "Ho\u{300}a",
                "hoa",
                "duong",
                "đường",
                "so tttt OR tt",
                "\"hoa binh\"",
                "“Hòa Bình”",
                "TT&TT",
                "quang vượng",
                "hoat dong",
            ],
            &["hóa", "họa", "đương", "dường", "binhh", "bin", "\"bình hòa\"", "\"TT TT TT\""],
        );
    }

    #[test]
    fn a_word_with_accents_also_matches_a_text_that_has_none() {
        let plain = item("UBND tinh Hoa Binh lam viec", "Ha Sy Dong chu tri buoi lam viec");
        check(&plain, &["hòa bình", "\"Hà Sỹ Đồng\"", "chủ"], &["trị sự", "việt"]);
        // "Hoa" here is a flower: the text beside it has its accents.
        let flower = item("Hoa nở", "Hoa đẹp trong vườn của Ủy ban");
        check(&flower, &["hoa", "uỷ ban"], &["hòa", "hóa"]);
        // Two words are too few to conclude that accents were left out, in an item that otherwise
        // has them.
        check(&item("Hoa sen", "Hội chợ hoa xuân mở cửa"), &["hoa"], &["hòa"]);
    }

    #[test]
    fn operators_bind_not_then_and_then_or() {
        let news = item("một hai ba", "");
        check(
            &news,
            &[
                "một AND hai",
                "bốn OR một hai",
                "một OR bốn năm",
                "một -bốn",
                "NOT bốn",
                "NOT NOT một",
                "-(bốn OR năm) ba",
                "(bốn OR một) (năm OR hai)",
                "-\"hai một\"",
            ],
            &["một bốn", "một -hai", "(một OR bốn) năm", "NOT (một)", "bốn AND một OR năm", "and"],
        );
    }

    #[test]
    fn fields_narrow_to_a_source_a_section_and_days() {
        let news = item("Tin", "");
        check(
            &news,
            &[
                "source:so-tttt",
                "SOURCE:\"so-tttt\"",
                "section:\"hoạt động\"",
                "section:tin",
                "section:hoat",
                "after:2020-05-22",
                "after:2020-05-22 before:2020-05-23",
                "-source:khac",
            ],
            &[
                "source:khac",
                "section:vuong",
                "section:\"động hoạt\"",
                "before:2020-05-22",
                "after:2020-05-23",
            ],
        );
        // 18:30 UTC is the next day in Việt Nam.
        let at = DateTime::parse_from_rfc3339("2020-05-22T18:30:00Z").expect("a time").to_utc();
        let late = Item { published: Published::At(at), ..item("Tin", "") };
        check(&late, &["after:2020-05-23"], &["before:2020-05-23"]);
        let undated = Item { published: Published::Unknown, ..item("Tin", "") };
        check(&undated, &["after:2020-05-22"], &["after:2020-05-23"]);
    }

    #[test]
    fn a_document_number_is_the_phrase_of_its_parts() {
        let news = item("Triển khai Nghị quyết 17/NQ-CP ngày 7/3/2019 lúc 8:30", "");
        check(
            &news,
            &["17/NQ-CP", "7/3/2019", "8:30", "17-nq-cp"],
            &["NQ/17", "17/NQ-CPX", "8:31"],
        );
    }

    #[test]
    fn a_document_is_found_by_its_symbol_however_the_text_spells_it() {
        let cited = |symbol: &str| DocumentRef {
            symbol: symbol.into(),
            kind: None,
            number: String::new(),
            year: None,
            issuer: None,
            date: None,
        };
        let news = Item {
            refs: vec![cited("30/2020/NĐ-CP"), cited("12/QĐ-UBND"), cited("13/QĐ-UBND")],
            ..item("Triển khai Nghị định 30/2020 /ND–CP", "Các quyết định số 12, 13/QĐ-UBND")
        };
        check(
            &news,
            &["30/2020/NĐ-CP", "\"30/2020/nđ-cp\"", "30/2020/nd-cp", "12/QĐ-UBND", "12/qd-ubnd"],
            &["0/2020/NĐ-CP", "30/2020/NĐ", "2/QĐ-UBND", "12/QĐ-UBND-X", "section:12/QĐ-UBND"],
        );
    }

    #[test]
    fn what_cannot_be_read_says_where_and_what_would_be_right() {
        let cases = [
            "(a OR b",
            "a)",
            "()",
            "a (",
            "\"a b",
            "a AND",
            "OR a",
            "a OR OR b",
            "NOT",
            "- a",
            "a (b AND)",
            "source:",
            "source: so-tttt",
            "source:Sở",
            "after:22/5/2020",
            "after:2020-02-30",
            "mien:nam",
            "tin &&&",
            "section:\"…\"",
            "a -",
            "http://x.vn",
        ];
        let told: Vec<String> = cases
            .iter()
            .map(|text| {
                let error = Query::parse(text).expect_err(text);
                format!("{text:18} {} {}", error.column, error.message)
            })
            .collect();
        expect![[r#"
            (a OR b            0 this parenthesis is never closed
            a)                 1 this parenthesis closes nothing that was opened
            ()                 0 nothing stands in these parentheses
            a (                2 this parenthesis is never closed
            "a b               0 this quotation mark has no partner: close the phrase with "
            a AND              5 a word, a phrase or a parenthesis must follow AND
            OR a               0 a word, a phrase or a parenthesis must stand before AND or OR
            a OR OR b          5 a word, a phrase or a parenthesis must follow OR
            NOT                3 a word, a phrase or a parenthesis must follow NOT
            - a                0 this hyphen stands alone: put it directly before the word to leave out
            a (b AND)          8 a word, a phrase or a parenthesis must follow AND
            source:            7 a value must follow source: without a blank, such as source:so-tttt
            source: so-tttt    7 a value must follow source: without a blank, such as source:so-tttt
            source:Sở          7 "Sở" is not a name: use 1 to 64 lower-case letters, digits and hyphens, such as "so-tttt"
            after:22/5/2020    6 "22/5/2020" is no day: write year-month-day, such as after:2026-05-22
            after:2020-02-30   6 "2020-02-30" is no day: write year-month-day, such as after:2026-05-22
            mien:nam           0 there is no field "mien:": use source:, section:, after: or before:, or put the words in quotation marks
            tin &&&            4 there is no letter or digit here to look for
            section:"…"        9 there is no letter or digit here to look for
            a -                2 this hyphen stands alone: put it directly before the word to leave out
            http://x.vn        0 there is no field "http:": use source:, section:, after: or before:, or put the words in quotation marks"#]].assert_eq(&told.join("\n"));
        check_error(
            "tin (hoạt động",
            expect!["this parenthesis is never closed (at character 5) [4]"],
        );
    }

    #[test]
    fn p11_a_query_has_limits_in_length_terms_and_nesting() {
        check_error(
            &"a".repeat(2_001),
            expect!["the query is longer than 2000 characters (at character 2001) [2000]"],
        );
        check_error(
            &"a ".repeat(201),
            expect!["the query has more than 200 terms (at character 401) [400]"],
        );
        check_error(
            &format!("{}a{}", "(".repeat(200), ")".repeat(200)),
            expect!["the query is nested deeper than 32 levels (at character 34) [33]"],
        );
        check_error(
            &format!("{}a", "-".repeat(500)),
            expect!["the query is nested deeper than 32 levels (at character 34) [33]"],
        );
        assert!(Query::parse(&"a ".repeat(200)).is_ok());
        assert!(Query::parse(&format!("{}a{}", "(".repeat(32), ")".repeat(32))).is_ok());
    }

    #[test]
    fn the_sources_that_can_match_are_known_beforehand() {
        let check = |text: &str, wanted: Option<&str>, named: &str| {
            let query = Query::parse(text).expect(text);
            let joined =
                |ids: Vec<SourceId>| ids.iter().map(SourceId::as_str).collect::<Vec<_>>().join(" ");
            assert_eq!(query.sources().map(joined).as_deref(), wanted, "{text}");
            assert_eq!(joined(query.named_sources()), named, "{text}");
        };
        check("", None, "");
        check("source:b OR source:a", Some("a b"), "a b");
        check("(source:a OR source:b) tin", Some("a b"), "a b");
        check("source:a OR tin", None, "a");
        check("source:a source:b", Some(""), "a b");
        check("source:a -source:b", Some("a"), "a b");
        check("-source:b", None, "b");
    }

    proptest! {
        #[test]
        fn any_text_is_a_query_or_an_error_with_a_place_in_it(
            text in r#"([a-zđờ]|AND |OR |NOT |[()"“:\-]|source:|after:2020-01-01| |\PC){0,40}"#
        ) {
            match Query::parse(&text) {
                Ok(query) => {
                    query.matches(&item(&text, "đường bộ"), Ho_Chi_Minh);
                    query.sources();
                }
                Err(error) => prop_assert!(error.column <= text.chars().count()),
            }
        }

        #[test]
        fn not_turns_every_answer_round(word in "[a-zđờ]{1,6}", title in "[a-zđờ ]{0,30}") {
            let ask = |text: String| Query::parse(&text).expect("a query").matches(&item(&title, ""), Ho_Chi_Minh);
            prop_assert_ne!(ask(word.clone()), ask(format!("-{word}")));
        }
    }
}
