use proptest::prelude::*;

use super::*;

/// What is found, one line a document: symbol | kind | issuer | day; "-" where the text does not say.
#[track_caller]
fn check(text: &str, wanted: &[&str]) {
    let found: Vec<String> = find(text)
        .into_iter()
        .map(|found| {
            let day = found.date.map_or("-".to_owned(), |day| day.to_string());
            let [kind, issuer] =
                [found.kind, found.issuer].map(|said| said.unwrap_or_else(|| "-".to_owned()));
            format!("{} | {kind} | {issuer} | {day}", found.symbol)
        })
        .collect();
    assert_eq!(found, wanted, "{text}");
}

#[track_caller]
fn check_symbols(text: &str, wanted: &str) {
    let found: Vec<String> = find(text).into_iter().map(|found| found.symbol).collect();
    assert_eq!(found.join(" "), wanted, "{text}");
}

#[test]
fn normative_documents_have_number_year_kind_and_issuer() {
    check(
        "Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về văn thư",
        &["30/2020/NĐ-CP | Nghị định | Chính phủ | 2020-03-05"],
    );
    check(
        "Thông tư 22/2023/TT-BTTTT và Thông tư liên tịch số 06/2016/TTLT-BTTTT-BNV",
        &[
            "22/2023/TT-BTTTT | Thông tư | Bộ Thông tin và Truyền thông | -",
            "06/2016/TTLT-BTTTT-BNV | Thông tư liên tịch | - | -",
        ],
    );
    check(
        "Quyết định 15/2020/QĐ-UBND ngày 8-6-2020 của UBND tỉnh Quảng Trị ban hành Quy chế",
        &["15/2020/QĐ-UBND | Quyết định | UBND tỉnh Quảng Trị | 2020-06-08"],
    );
    check_symbols(
        "30a/2008/NQ-CP; 07/2021/NQ-HĐND; 20/2005/TT-BGD&ĐT; 35/97/QĐ-TTg",
        "30a/2008/NQ-CP 07/2021/NQ-HĐND 20/2005/TT-BGD&ĐT 35/97/QĐ-TTg",
    );
}

#[test]
fn what_the_assembly_passes_takes_its_kind_from_the_words_before() {
    check(
        "Luật An ninh mạng số 24/2018/QH14, Nghị quyết của Quốc hội số 98/2023/QH 15, Pháp lệnh \
         Cảnh sát cơ động số 08/2013/UBTVQH13. Theo 56/2024/QH15",
        &[
            "24/2018/QH14 | Luật | Quốc hội | -",
            "98/2023/QH15 | Nghị quyết | Quốc hội | -",
            "08/2013/UBTVQH13 | Pháp lệnh | Ủy ban Thường vụ Quốc hội | -",
            "56/2024/QH15 | - | Quốc hội | -",
        ],
    );
    check_symbols("Lệnh số 11/2018/L-CTN; luật số 24/2018/qh14", "11/2018/L-CTN 24/2018/QH14");
}

#[test]
fn documents_that_make_no_law_and_letters_have_no_year_in_the_symbol() {
    check(
        "Chỉ thị 15/CT-TTg ngày 27.3.2020; Công văn số 1234/UBND-VX gửi các sở",
        &[
            "15/CT-TTg | Chỉ thị | Thủ tướng Chính phủ | 2020-03-27",
            "1234/UBND-VX | Công văn | - | -",
        ],
    );
    check(
        "theo văn bản số 1552/BTTTT-THH của Bộ Thông tin và Truyền thông ngày 26/4/2022",
        &["1552/BTTTT-THH | Công văn | Bộ Thông tin và Truyền thông | 2022-04-26"],
    );
    check_symbols(
        "Quyết định 1511/QĐ-BNN-TCLN, công văn 1.234/UBND-KT1, 88/TB-VPCP, 210/TTr-STTTT, \
         Công văn số 45/LĐTBXH-TE, Kế hoạch số 22/KH, Nghị định 63/CP, Quyết định 176-HĐBT",
        "1511/QĐ-BNN-TCLN 1234/UBND-KT1 88/TB-VPCP 210/TTr-STTTT 45/LĐTBXH-TE 22/KH 63/CP 176-HĐBT",
    );
}

#[test]
fn the_party_sets_its_hyphen_first() {
    check(
        "Nghị quyết 52-NQ/TW ngày 27/9/2019 của Bộ Chính trị; Quy định số 37-QĐ/TƯ; 41-QĐ/TW; \
         Hướng dẫn số 12-HD/BTGTW; Chương trình hành động số 83-CTHĐ/TU",
        &[
            "52-NQ/TW | Nghị quyết | Bộ Chính trị | 2019-09-27",
            "37-QĐ/TW | Quy định | - | -",
            "41-QĐ/TW | - | - | -",
            "12-HD/BTGTW | Hướng dẫn | Ban Tuyên giáo Trung ương | -",
            "83-CTHĐ/TU | Chương trình hành động | - | -",
        ],
    );
}

#[test]
fn one_document_has_one_symbol_however_it_is_typed() {
    for text in [
        "17/NQ-CP",
        "17 / NQ – CP",
        "Số: 17/NQ-CP.",
        "số\u{a0}17/NQ\u{2011}CP",
        "17/nq-cp",
        "(17/NQ\u{200b}-\nCP)",
        "１７／NQ-CP",
        "17/NQ-CP và Nghị quyết số 17/nq-cp",
    ] {
        check_symbols(text, "17/NQ-CP");
    }
    for text in ["1130/Q\u{d0}-TTg", "1130/QĐ-TTG", "1130/qd-ttg", "1130/QD-TTg"] {
        check_symbols(text, "1130/QĐ-TTg");
    }
    let decomposed: String = "Nghị quyết số 17/NQ-CP của Chính phủ".nfd().collect();
    check(&decomposed, &["17/NQ-CP | Nghị quyết | Chính phủ | -"]);
}

#[test]
fn numbers_that_share_a_symbol_are_documents_each() {
    check_symbols("các Quyết định số 12, 13 và 14/QĐ-UBND", "12/QĐ-UBND 13/QĐ-UBND 14/QĐ-UBND");
    check_symbols("từ Quyết định 12/QĐ-UBND đến 15/QĐ-UBND", "12/QĐ-UBND 15/QĐ-UBND");
    // Without a word for them, these are numbers of something else.
    check_symbols("Phòng 12, 13/QĐ-UBND", "13/QĐ-UBND");
    check_symbols("Điều 5, 6 Nghị định 30/2020/NĐ-CP", "30/2020/NĐ-CP");
}

#[test]
fn a_symbol_on_two_days_is_two_documents_and_a_repeated_one_says_more() {
    check(
        "Theo 15/QĐ-UBND, Quyết định 15/QĐ-UBND ngày 4/1/2019 của UBND huyện Hải Lăng và Quyết \
         định 15/QĐ-UBND ngày 6/1/2020; 15/QĐ-UBND ngày 6/1/2020",
        &[
            "15/QĐ-UBND | Quyết định | UBND huyện Hải Lăng | 2019-01-04",
            "15/QĐ-UBND | Quyết định | - | 2020-01-06",
        ],
    );
}

#[test]
fn only_the_day_of_issue_is_the_documents_day() {
    for (text, day) in [
        ("17/NQ-CP (ngày 7/3/2019)", "2019-03-07"),
        ("17/NQ-CP (7/3/2019)", "2019-03-07"),
        ("17/NQ-CP, ban hành ngày 7 tháng 3 năm 2019", "2019-03-07"),
        ("17/NQ-CP của Chính phủ ngày 7-3-2019", "2019-03-07"),
        ("17/NQ-CP NGÀY 07/3/2019", "2019-03-07"),
        ("17/NQ-CP có hiệu lực từ ngày 7/3/2019", "-"),
        ("17/NQ-CP. Ngày 7/3/2019, tỉnh họp", "-"),
        ("17/NQ-CP\nNgày 7/3/2019, tỉnh họp", "-"),
        ("17/NQ-CP ngày 31/2/2019", "-"),
        ("17/NQ-CP ngày 7/3", "-"),
    ] {
        let found = find(text);
        let said = found.first().and_then(|found| found.date).map(|day| day.to_string());
        assert_eq!(said.as_deref().unwrap_or("-"), day, "{text}");
    }
}

#[test]
fn what_only_has_a_slash_is_no_document() {
    for text in [
        "ngày 7/3/2019, 3/4 đại biểu, tỷ số 2/1, quý 1/2020, giai đoạn 2019-2020",
        "trực 24/7, 60 km/h, 100km/h, 5G/IoT, điều hòa A/C, 1.234/2.000 tỷ đồng, 12/TP",
        "Sở TT&TT, 17/TT&TT, ĐT: 0233.3850.121/122, fax 84-24/3-5",
        "số 12/5 đường Hùng Vương, số nhà 12/B Lê Lợi, số 45/2A đường Lê Duẩn, hẻm 7/A-B",
        "xe 74A-123.45, 29-LD-012.34; COVID-19/SARS-CoV-2; virus A/H1N1-2009; AK-47/M16-A2",
        "https://portal.example/van-ban/17/NQ-CP?so=17/NQ-CP và www.portal.example/17/NQ-CP",
        "QCVN 102:2016/BTTTT, TCVN 7114-1:2008, ISO 9001/2015",
        "1/Tin tức-Sự kiện 2/Thông báo - Công văn 3/Hỏi đáp",
        "Nghị định 68, Đề án 06, 100/200/300, 12/2020/abc-def, 3/nguoi-xe",
    ] {
        check_symbols(text, "");
    }
}

#[test]
fn a_text_of_nothing_but_numbers_is_read_in_the_time_of_its_length() {
    assert_eq!(find(&"12, ".repeat(200_000)).len(), 0);
    assert_eq!(find(&"1/".repeat(400_000)).len(), 0);
    assert_eq!(find(&"1/QĐ-".repeat(200_000)).len(), 0);
    assert!(find(&format!("số {}1/QĐ-TTg", "12, ".repeat(100_000))).len() <= 41);
}

proptest! {
    #[test]
    fn any_text_gives_symbols_that_read_as_themselves(
        text in r"((số|Luật|Nghị quyết|công văn|ngày|của|Chính phủ|UBND tỉnh|và|[0-9]{1,5}|[A-ZĐa-zđ&]{1,5}|QH14|TTLT|NQ|CP|\PC)[ /,.–-]{0,2}){0,30}"
    ) {
        for found in find(&text) {
            let known = find(&format!("Công văn số {}", found.symbol));
            prop_assert_eq!(known.len(), 1, "{}", &found.symbol);
            prop_assert_eq!(&known[0].symbol, &found.symbol);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        find(&text);
    }
}
