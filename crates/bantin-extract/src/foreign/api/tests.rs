use chrono::DateTime;
use chrono_tz::Asia::Ho_Chi_Minh;
use url::Url;

use crate::model::{ListingRecipe, Published};
use crate::{Reading, foreign, kind};

/// The rows that are found in JSON without a recipe.
fn rows(json: &str) -> Vec<String> {
    let url = Url::parse("https://so.example.vn/api/tin").expect("a fixed address");
    let now = DateTime::from_timestamp(1_796_000_000, 0).expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    let bytes = json.as_bytes();
    let listing = foreign(
        kind(bytes, Some("application/json")),
        bytes,
        None,
        &ListingRecipe::default(),
        reading,
    );
    let rows = listing.rows.into_iter().map(|row| {
        let day = match row.published {
            Published::At(at) => at.with_timezone(&Ho_Chi_Minh).format("%d/%m").to_string(),
            Published::On(day) => day.format("%d/%m").to_string(),
            Published::Unknown => "-".to_owned(),
        };
        format!(
            "{} {day} {}",
            row.url.as_str().trim_start_matches("https://so.example.vn"),
            row.title
        )
    });
    rows.collect()
}

const HEADLINE: &str = "Hội nghị triển khai nhiệm vụ thu ngân sách quý cuối năm";

/// An entry with the members under their names here is read as one.
fn check(members: &str, expected: &str) {
    let json = format!("{{\"data\":[{{{members}}}]}}").replace("$T", HEADLINE);
    assert_eq!(rows(&json), [expected.replace("$T", HEADLINE)], "{members}");
}

#[test]
fn the_parts_of_an_entry_are_known_by_their_usual_names() {
    for members in [
        r#""tieuDe":"$T","urlBaiViet":"/t/1","ngayDang":"27/11/2026""#,
        r#""TieuDe":"$T","DuongDan":"/t/1","NgayDangTin":"27/11/2026 08:30""#,
        r#""TIEU_DE":"$T","LINK_CHI_TIET":"/t/1","NGAY_XUAT_BAN":"2026-11-27T08:30:00+07:00""#,
        r#""Title":"$T","FileRef":"/t/1","Created":"2026-11-27T01:30:00Z""#,
        r#""title":"$T","url":"/t/1","datetime":"2026-11-27 08:30""#,
        r#""news_title":"$T","news_url":"/t/1","news_date":"2026-11-27""#,
        r#""strTieuDe":"$T","strUrl":"/t/1","strNgayDang":"27/11/2026""#,
        r#""tin_tieude":"$T","tin_link":"/t/1","tin_ngaydang":"27/11/2026""#,
        r#""Tiêu đề":"$T","Liên kết":"/t/1","Ngày đăng":"27/11/2026""#,
        r#""tenTin":"$T","duong-dan":"/t/1","thoiGianDang":"27/11/2026""#,
        r#""headline":"$T","permalink":"/t/1","displayDate":"2026-11-27""#,
        r#""attributes":{"tieuDe":"$T","duongDan":"/t/1","ngayTao":"2026-11-27"}"#,
        r#""tieuDe":"$T","link":null,"url":"  ","duongDan":"/t/1","ngayDang":"","ngayTao":"27/11/2026""#,
        r#""chuyenMuc":{"name":"Thời sự","url":"/muc"},"author":{"name":"Ban"},"title":"$T","url":"/t/1","postedAt":"2026-11-27""#,
    ] {
        check(members, "/t/1 27/11 $T");
    }
}

#[test]
fn a_legal_document_is_called_by_its_symbol_and_dated_by_its_issue() {
    for members in [
        r#""soKyHieu":"12/QĐ-UBND","trichYeu":"Về việc phê duyệt","url":"/v/1","ngayBanHanh":"27/11/2026""#,
        r#""SO_KY_HIEU":"12/QĐ-UBND","TRICH_YEU":"Về việc phê duyệt","URL":"/v/1","NGAY_BAN_HANH":"27/11/2026","NGAY_HIEU_LUC":"01/12/2026""#,
        r#""sohieu":"12/QĐ-UBND","tenVanBan":"Về việc phê duyệt","linkVanBan":"/v/1","ngayKy":"27/11/2026","createdAt":"2026-11-29T00:00:00Z""#,
        r#""kyHieu":"12/QĐ-UBND","title":"Về việc phê duyệt","link":"/v/1","ngayBanHanh":"27/11/2026","ngayDang":"29/11/2026""#,
        r#""soKyHieu":"12/QĐ-UBND","trichYeu":"Về việc phê duyệt","FileDinhKem":"/v/1","issuedDate":"2026-11-27""#,
    ] {
        check(members, "/v/1 27/11 12/QĐ-UBND: Về việc phê duyệt");
    }
    check(
        r#""soKyHieu":"12/QĐ-UBND","trichYeu":"Quyết định 12/QĐ-UBND phê duyệt","url":"/v/1""#,
        "/v/1 - Quyết định 12/QĐ-UBND phê duyệt",
    );
    check(
        r#""kyHieu":"QĐ","trichYeu":"Phê duyệt","url":"/v/1","ngayHieuLuc":"27/11/2026""#,
        "/v/1 - Phê duyệt",
    );
    // The subject of news is its lead.
    check(r#""title":"$T","trichYeu":"Tóm tắt","url":"/t/1""#, "/t/1 - $T");
}

#[test]
fn a_menu_is_not_the_list() {
    let section = |n: usize| format!(r#"{{"title":"Mục {n}","url":"/muc-{n}"}}"#);
    let many = |count: usize| (0..count).map(section).collect::<Vec<_>>().join(",");
    let news = |date: &str| {
        let one = |n: usize| format!(r#"{{"title":"{HEADLINE} {n}","url":"/t/{n}"{date}}}"#);
        (0..3).map(one).collect::<Vec<_>>().join(",")
    };
    let dated = news(r#","publishedAt":"2026-11-27T01:30:00Z""#);
    let check = |json: String| {
        let rows = rows(&json);
        assert!(rows.len() == 3 && rows[0].starts_with("/t/0"), "{json}: {rows:?}");
    };
    check(format!(r#"{{"menu":[{}],"news":[{dated}]}}"#, many(12)));
    check(format!(r#"{{"a":[{}],"b":[{dated}]}}"#, many(60)));
    check(format!(r#"{{"a":[{}],"b":[{}]}}"#, many(12), news("")));
    check(format!(r#"{{"menuItems":[{}],"items":[{}]}}"#, many(40), news("")));
    check(format!(
        r#"{{"layout":{{"footer":{{"links":[{}]}}}},"page":{{"tin":[{dated}]}}}}"#,
        many(30)
    ));
    check(format!(r#"[{{"categories":[{}]}},{{"rows":[{dated}]}}]"#, many(20)));
    // Short headlines are news where there is nothing better.
    assert_eq!(rows(&format!("[{}]", many(4))).len(), 4);
}

#[test]
fn what_names_an_entry_is_what_always_named_it() {
    let url = Url::parse("https://so.example.vn/api").expect("a fixed address");
    let now = DateTime::from_timestamp(1_796_000_000, 0).expect("a fixed moment");
    let reading = Reading { url: &url, zone: Ho_Chi_Minh, now };
    for (member, key) in [
        (r#""id":4"#, "id:4"),
        (r#""newsId":4"#, "id:4"),
        (r#""postId":4"#, "https://so.example.vn/t/1"),
        (r#""article":{"id":4}"#, "https://so.example.vn/t/1"),
    ] {
        let json = format!(r#"[{{"title":"Tin","url":"/t/1",{member}}}]"#);
        let kind = kind(json.as_bytes(), Some("application/json"));
        let rows = foreign(kind, json.as_bytes(), None, &ListingRecipe::default(), reading).rows;
        assert_eq!(rows[0].key().as_str(), key, "{member}");
    }
}
