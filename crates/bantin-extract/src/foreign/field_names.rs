//! What interfaces call the parts of an entry, in English and in Vietnamese without its accents. Names are compared
//! without case, accents, blanks, `_`, `-` and `.`; the better ones come first.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::text;

pub const LINKS: &[&str] = &[
    "link",
    "url",
    "href",
    "permalink",
    "weburl",
    "canonicalurl",
    "shareurl",
    "fullurl",
    "absoluteurl",
    "detailurl",
    "linkdetail",
    "newsurl",
    "articleurl",
    "path",
    "slug",
    "encodedabsurl",
    "fileref",
    "urlbaiviet",
    "linkbaiviet",
    "duongdanbaiviet",
    "urltin",
    "linktin",
    "urltintuc",
    "linktintuc",
    "urlchitiet",
    "linkchitiet",
    "duongdanchitiet",
    "chitieturl",
    "duongdan",
    "lienket",
    "posturl",
    "postlink",
    "itemurl",
    "itemlink",
    "pageurl",
    "publicurl",
    "siteurl",
    "viewurl",
    "htmlurl",
    "friendlyurl",
    "rewriteurl",
    "urlrewrite",
    "seourl",
    "urlseo",
    "serverrelativeurl",
    "urlpath",
    "uri",
    "documenturl",
    "urlvanban",
    "linkvanban",
    "fileurl",
    "urlfile",
    "linkfile",
    "duongdantep",
    "duongdanfile",
    "filevanban",
    "tepdinhkem",
    "filedinhkem",
];
pub const TITLES: &[&str] = &[
    "title",
    "headline",
    "name",
    "tieude",
    "newstitle",
    "articletitle",
    "subject",
    "ten",
    "tieudebaiviet",
    "tieudetin",
    "tieudetintuc",
    "tieudebantin",
    "tentieude",
    "tentin",
    "tentintuc",
    "tenbaiviet",
    "posttitle",
    "itemtitle",
    "newsname",
    "articlename",
    "contenttitle",
    "displaytitle",
    "tieudevanban",
    "tenvanban",
    "tenvb",
    "documenttitle",
    "documentname",
    "tenthongbao",
];
/// What a legal document is about: its title, where it has no other.
pub const SUBJECTS: &[&str] = &[
    "trichyeu",
    "trichyeunoidung",
    "trichyeuvanban",
    "noidungtrichyeu",
    "trichyeuvb",
    "documentabstract",
];
pub const SYMBOLS: &[&str] = &[
    "sokyhieu",
    "sohieu",
    "sohieuvanban",
    "sokyhieuvanban",
    "sokyhieuvb",
    "kyhieu",
    "sovanban",
    "sokh",
    "sovakyhieu",
    "documentnumber",
    "codenumber",
    "documentcode",
];
pub const DATES: &[&str] = &[
    "dategmt",
    "publishedatutc",
    "publishdateutc",
    "createdatutc",
    "datepublished",
    "publishedat",
    "publishdate",
    "publisheddate",
    "pubdate",
    "publishtime",
    "publishedtime",
    "published",
    "publishedon",
    "date",
    "ngaydang",
    "ngayxuatban",
    "createdat",
    "createddate",
    "createdon",
    "created",
    "datecreated",
    "createtime",
    "timestamp",
    "time",
];
/// Of a legal document; anything else carries it only where it has no day of publication.
pub const DATES_OF_ISSUE: &[&str] = &[
    "ngaybanhanh",
    "ngayky",
    "ngaybh",
    "ngaykybanhanh",
    "ngayvanban",
    "issueddate",
    "issuedate",
    "dateissued",
    "signdate",
    "signeddate",
    "dateofissue",
];
/// Publication by names that say so, where none of [`DATES`] is there.
pub const MORE_DATES: &[&str] = &[
    "ngaydangtin",
    "ngaydangbai",
    "thoigiandang",
    "giodang",
    "ngayxb",
    "ngayphathanh",
    "ngaycongbo",
    "datetime",
    "publishdatetime",
    "publisheddatetime",
    "publishat",
    "publishon",
    "datepublish",
    "dateposted",
    "postdate",
    "posteddate",
    "postedat",
    "postedon",
    "posttime",
    "posted",
    "newsdate",
    "articledate",
    "articlestartdate",
    "displaydate",
    "releasedate",
    "firstpublishedat",
    "firstpublisheddate",
    "publishedtimestamp",
    "publicationdate",
    "ngayviet",
    "ngaytao",
    "ngaynhap",
    "thoigian",
    "creationdate",
    "createdtime",
    "datecreate",
    "createdate",
    "ngay",
];
pub const UPDATES: &[&str] = &[
    "modifiedgmt",
    "updatedat",
    "datemodified",
    "modified",
    "updated",
    "updateddate",
    "lastmodified",
    "ngaycapnhat",
    "ngaysua",
    "lastupdated",
    "updatetime",
    "modifieddate",
];
pub const LEADS: &[&str] = &[
    "excerpt",
    "summary",
    "lead",
    "sapo",
    "abstract",
    "description",
    "desc",
    "intro",
    "trichyeu",
    "mota",
    "shortdescription",
    "teaser",
    "tomtat",
    "motangan",
    "noidungtomtat",
    "trichdan",
    "shortcontent",
    "introtext",
    "hometext",
    "gioithieu",
];
pub const CONTENTS: &[&str] = &[
    "contenthtml",
    "content",
    "body",
    "noidung",
    "fulltext",
    "noidungchitiet",
    "noidungbaiviet",
    "noidungtin",
    "bodytext",
    "bodyhtml",
    "contentdetail",
    "chitiet",
];
pub const IMAGES: &[&str] = &[
    "image",
    "thumbnail",
    "thumb",
    "imageurl",
    "thumbnailurl",
    "avatar",
    "cover",
    "picture",
    "photo",
    "anhdaidien",
    "jetpackfeaturedmediaurl",
    "featuredimage",
    "hinhdaidien",
    "hinhanh",
    "anh",
    "urlanh",
    "linkanh",
    "urlanhdaidien",
    "anhbia",
    "coverimage",
    "imagepath",
    "imgurl",
    "img",
    "hinh",
];
const IDS: &[&str] = &["guid", "uuid", "id", "articleid", "newsid"];

/// Prefixes that databases put before the names of their columns: `news_title`, `strTieuDe`, `TIN_NgayDang`.
const PREFIXES: &[&str] = &[
    "news", "article", "tintuc", "tinbai", "baiviet", "post", "item", "tin", "bai", "str", "txt",
    "vanban", "vb", "doc",
];

/// Levels of an entry at which interfaces put its members: JSON:API one level down, Elasticsearch too.
const WRAPPERS: &[&str] =
    &["attributes", "_source", "fields", "node", "data", "article", "post", "news"];

/// The wrappers of ids. An id names an item for ever, so nothing may be added here or to [`IDS`].
const WRAPPERS_OF_IDS: &[&str] = &["attributes", "_source", "fields", "node", "data"];

/// Members that are looked at.
const MEMBERS: usize = 400;

/// Returns the member of an entry that has one of the names. `date_gmt` is compared as `dategmt`.
pub fn member<'v>(item: &'v Value, names: &[&str]) -> Option<&'v Value> {
    within(item, WRAPPERS, |members| named(members, names, PREFIXES))
}

/// Returns the member that names an entry.
pub fn id(item: &Value) -> Option<&Value> {
    within(item, WRAPPERS_OF_IDS, |members| named(members, IDS, &[]))
}

/// Whether the member that holds a value says by its name that it is in UTC: `date_gmt`, `publishedAtUtc`.
pub fn names_utc(item: &Value, value: &Value) -> bool {
    let holds = |members: &Map<String, Value>| {
        members.iter().take(MEMBERS).any(|(key, member)| {
            let lower = || key.to_ascii_lowercase();
            std::ptr::eq(member, value) && (lower().ends_with("gmt") || lower().ends_with("utc"))
        })
    };
    item.as_object().is_some_and(|members| {
        let mut inner = WRAPPERS.iter().filter_map(|key| members.get(*key)?.as_object());
        holds(members) || inner.any(holds)
    })
}

fn within<'v>(
    item: &'v Value,
    wrappers: &[&str],
    find: impl Fn(&'v Map<String, Value>) -> Option<&'v Value>,
) -> Option<&'v Value> {
    let members = item.as_object()?;
    let inner = wrappers.iter().filter_map(|key| members.get(*key).and_then(Value::as_object));
    find(members).or_else(|| inner.into_iter().find_map(&find))
}

fn named<'v>(
    members: &'v Map<String, Value>,
    names: &[&str],
    prefixes: &[&str],
) -> Option<&'v Value> {
    let ranked = members.iter().take(MEMBERS).filter(|(_, value)| !is_empty(value)).filter_map(
        |(key, value)| {
            let plain = plain(key);
            let rank = |name: &str| names.iter().position(|known| *known == name);
            rank(&plain)
                .or_else(|| {
                    let bare = prefixes.iter().filter_map(|prefix| plain.strip_prefix(*prefix));
                    // What is left of "newsid" says too little.
                    let bare = bare.filter(|bare| bare.len() > 2);
                    bare.filter_map(rank).min().map(|rank| rank + names.len())
                })
                .map(|rank| (rank, value))
        },
    );
    ranked.min_by_key(|(rank, _)| *rank).map(|(_, value)| value)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => false,
    }
}

fn plain(key: &str) -> String {
    let key = if key.is_ascii() { Cow::Borrowed(key) } else { Cow::Owned(text::fold(key)) };
    key.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .collect()
}
