//! Words by which pages call what is not their text: in names of classes, and in what readers see. Whole words in the
//! names, since "ad" also begins "address"; phrases of several languages in the text, folded.

/// Parts of names of boxes that hold no text of the article, each a word between marks, or a longer word anywhere.
const BOXES: &[&str] = &[
    "ad",
    "ads",
    "adv",
    "advert",
    "advertisement",
    "adsense",
    "advertising",
    "addthis",
    "sharethis",
    "sharedaddy",
    "share",
    "shares",
    "sharing",
    "sharebar",
    "sharetools",
    "social",
    "socials",
    "related",
    "relate",
    "relatedposts",
    "comment",
    "comments",
    "disqus",
    "respond",
    "tags",
    "tag",
    "taglist",
    "print",
    "noprint",
    "toolbar",
    "tools",
    "breadcrumb",
    "breadcrumbs",
    "rating",
    "ratings",
    "lienquan",
    "tinlienquan",
    "tinkhac",
    "binhluan",
    "fb",
    "banner",
    "zalo",
    "likebox",
    "pager",
    "pagination",
    "newsletter",
    "newsletters",
    "subscribe",
    "subscription",
    "signup",
    "promo",
    "promos",
    "promotion",
    "sponsor",
    "sponsored",
    "outbrain",
    "taboola",
    "recirc",
    "recirculation",
    "recommended",
    "recommendations",
    "recommend",
    "trending",
    "popular",
    "mostread",
    "sidebar",
    "widget",
    "widgets",
    "nav",
    "navigation",
    "menu",
    "footer",
    "cookie",
    "cookies",
    "consent",
    "gdpr",
    "modal",
    "popup",
    "overlay",
    "tooltip",
    "teaser",
    "teasers",
    "readmore",
    "readnext",
    "seealso",
    "morefrom",
    "inread",
    "paywall",
    "login",
    "poll",
    "carousel",
    "slider",
    "slideshow",
    "gallery",
    "player",
    "playlist",
    "video",
    "bio",
    "authorbio",
    "authorbox",
    "vcard",
    "hidden",
    "hide",
    "invisible",
    "sr",
    "screenreader",
    "skip",
    "dateline",
    "timestamp",
    "byline",
    "bylines",
    "author",
    "authors",
    "posted",
    "postmeta",
    "credit",
    "credits",
    "caption",
    "captions",
    "copyright",
    "disclaimer",
    "correction",
    "feedback",
    "donate",
    "donation",
    "kicker",
    "eyebrow",
    "standfirst",
    "deck",
    "dek",
    "category",
    "categories",
    "views",
    "counter",
    "luotxem",
    "luottruycap",
    "thongke",
    "captcha",
    "thoitiet",
    "weather",
    "tygia",
    "giavang",
    "dongho",
    "reactions",
    "emoji",
    "follow",
    "app",
    "toc",
    "jump",
];

/// Words that together with one of the boxes' make a name of the text after all: "article-video-page".
const TEXTS: &[&str] = &["body", "content", "main", "text", "entry", "story"];

/// How a name speaks of what its element holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameMeaning {
    Box,
    Text,
    Nothing,
}

pub fn name(names: &str) -> NameMeaning {
    let (mut is_box, mut is_text, mut is_of_text) = (false, false, false);
    for class in names.split_whitespace() {
        let mut words = class.split(|c: char| !c.is_ascii_alphanumeric()).peekable();
        // "category-news", "has-sidebar", "format-video" tell of the article or of the page, not of this element.
        if words.peek().is_some_and(|first| OF_OTHERS.contains(first)) {
            continue;
        }
        let (mut boxed, mut text) = (class.starts_with("more-"), false);
        let mut before = "";
        for word in words.filter(|word| !word.is_empty()) {
            // "sidebar-grid" lays out the page, side column and text.
            let lays_out = matches!(word, "grid" | "layout") && before == "sidebar";
            boxed |= BOXES.contains(&word) && !OF_OTHERS.contains(&before);
            boxed &= !lays_out;
            text |= TEXTS.contains(&word);
            // "article__content" beside "sidebar-grid__content": the one says what it is, the other how it is laid out.
            is_of_text |= !boxed
                && matches!(before, "article" | "story" | "entry" | "news")
                && matches!(word, "body" | "content" | "text");
            before = word;
        }
        is_box |= boxed;
        is_text |= text;
    }
    match (is_box && !is_of_text, is_text) {
        (true, _) => NameMeaning::Box,
        (false, true) => NameMeaning::Text,
        (false, false) => NameMeaning::Nothing,
    }
}

/// First words of classes that describe what goes with an element.
const OF_OTHERS: &[&str] = &[
    "category",
    "categories",
    "tag",
    "has",
    "no",
    "with",
    "w",
    "without",
    "format",
    "post",
    "type",
    "status",
    "is",
    "not",
    "author",
    "single",
    "page",
    "template",
    "theme",
    "term",
];

/// Beginnings of lines that send a reader elsewhere.
const ELSEWHERE: &[&str] = &[
    "related",
    "read more",
    "read also",
    "read next",
    "also read",
    "also on",
    "see also",
    "see more",
    "more:",
    "more on this",
    "more from",
    "don't miss",
    "don’t miss",
    "dont miss",
    "watch:",
    "watch now",
    "listen:",
    "you may also like",
    "you might also like",
    "recommended",
    "most read",
    "top stories",
    "trending",
    "click here",
    "continue reading",
    "xem them",
    "doc them",
    ">> ",
    ">>>",
    "tin lien quan",
    "bai lien quan",
    "lire aussi",
    "a lire aussi",
    "voir aussi",
    "lesen sie auch",
    "mehr zum thema",
    "auch interessant",
    "lee tambien",
    "lea tambien",
    "te puede interesar",
    "leia mais",
    "leia tambem",
    "veja tambem",
    "leggi anche",
    "lees ook",
    "las ocksa",
    "czytaj takze",
    "zobacz takze",
    "читаите также",
    "смотрите также",
    "baca juga",
    "bai truoc",
    "bai sau:",
    "bai tiep theo",
    "bai ke tiep",
    "bai viet truoc",
    "bai viet tiep theo",
    "tin truoc",
    "tin tiep theo",
    "tin ke tiep",
    "関連記事",
    "相关新闻",
    "延伸閱讀",
];

pub fn sends_elsewhere(folded: &str) -> bool {
    let folded = folded.trim_start_matches(['(', '[', '-', '–', '•', ' ', '*', '▶', '►']);
    ELSEWHERE.iter().any(|start| folded.starts_with(start))
}

/// Short lines that ask something of a reader, at any place.
const REQUESTS: &[&str] = &[
    "sign up",
    "signed up",
    "subscribe",
    "newsletter",
    "your inbox",
    "download the app",
    "download our",
    "get the app",
    "news app",
    "follow us",
    "follow him",
    "follow her",
    "like us on",
    "share this",
    "like this story",
    "join our",
    "join the conversation",
    "leave a comment",
    "post a comment",
    "have a tip",
    "got a tip",
    "news tip",
    "contact us",
    "e-mail us",
    "all rights reserved",
    "may not be published",
    "terms of service",
    "privacy policy",
    "requires javascript",
    "enable javascript",
    "javascript is disabled",
    "media playback is unsupported",
    "your browser does not",
    "advertisement",
    "story continues below",
    "article continues",
    "click here for",
    "click here to",
    "dang ky nhan",
    "tai ung dung",
    "moi ban doc",
    "theo doi chung toi",
    "abonnez-vous",
    "newsletter anmelden",
    "suscribete",
    "siguenos",
    "inscreva-se",
    "siga-nos",
    "iscriviti",
    "подписываитесь",
    "подпишитесь",
];

pub fn makes_request(folded: &str) -> bool {
    REQUESTS.iter().any(|phrase| folded.contains(phrase))
}

/// Lines that tell where a picture is from.
pub fn credits_picture(folded: &str) -> bool {
    let start = [
        "image copyright",
        "image caption",
        "image credit",
        "image:",
        "image source",
        "(image:",
        "(image credit",
        "photo:",
        "photos:",
        "photo by",
        "photo credit",
        "(photo",
        "picture:",
        "credit:",
        "©",
        "anh:",
        "(anh:",
        "foto:",
        "crédit",
        "credit photo",
        "fuente:",
        "file photo",
        "media caption",
        "video caption",
    ];
    let end = [
        "getty images",
        "ap photo)",
        "/afp)",
        "/reuters)",
        "getty images)",
        "/ap)",
        "shutterstock",
        "file photo",
        "file photo)",
        "via ap)",
        "via getty images)",
    ];
    start.iter().any(|part| folded.starts_with(part))
        || end.iter().any(|part| folded.ends_with(part))
}

/// Words in names of boxes in which readers write.
const COMMENTS: &[&str] = &[
    "comment",
    "comments",
    "commentlist",
    "commentarea",
    "commentbox",
    "cmt",
    "cmts",
    "binhluan",
    "disqus",
    "ykien",
    "ykienbandoc",
    "respond",
];

/// Whether a class or an id says that an element holds what readers wrote.
pub fn is_of_comments(names: &str) -> bool {
    names.split_whitespace().any(|class| {
        if ["binh-luan", "binh_luan", "y-kien-ban-doc", "fb-comments"]
            .iter()
            .any(|part| class.contains(part))
        {
            return true;
        }
        let words = || class.split(|c: char| !c.is_ascii_alphanumeric());
        // "has-comments", "content-comments": of the whole page, or of the text.
        let of_others = words().next().is_some_and(|first| {
            matches!(first, "has" | "no" | "with" | "is" | "not" | "single" | "page" | "type")
        });
        !of_others
            && words().any(|word| COMMENTS.contains(&word))
            && !words().any(|word| TEXTS.contains(&word) || matches!(word, "count" | "link"))
    })
}

/// Whether a short line, folded, heads what readers wrote; and if it does, whether it counts it.
pub fn heads_comments(folded: &str) -> Option<bool> {
    const HEADINGS: &[&str] = &[
        "y kien ban doc",
        "y kien cua ban doc",
        "y kien ban doc ve bai viet",
        "y kien doc gia",
        "y kien",
        "y kien cua ban",
        "y kien phan hoi",
        "y kien binh luan",
        "y kien dong gop",
        "y kien khach hang",
        "gui y kien",
        "gui y kien cua ban",
        "phan hoi",
        "phan hoi cua ban doc",
        "phan hoi tu ban doc",
        "ban doc phan hoi",
        "ban doc binh luan",
        "binh luan",
        "binh luan bai viet",
        "binh luan ban doc",
        "binh luan cua ban",
        "binh luan cua ban doc",
        "binh luan facebook",
        "cac binh luan",
        "tat ca binh luan",
        "danh sach binh luan",
        "viet binh luan",
        "gui binh luan",
        "them binh luan",
        "tham gia binh luan",
        "nhan xet",
        "nhan xet cua ban doc",
        "thao luan",
        "hoi am",
        "comment",
        "comments",
        "reader comments",
        "leave a comment",
        "leave a reply",
        "post a comment",
        "join the discussion",
        "responses",
    ];
    let counted = folded.contains(|c: char| c.is_ascii_digit());
    let bare = folded
        .trim_matches(|c: char| !c.is_alphabetic())
        .trim_end_matches(|c: char| !c.is_alphabetic());
    HEADINGS.contains(&bare).then_some(counted)
}

/// Whether a line, folded, heads a list of other news.
pub fn heads_other_news(folded: &str) -> bool {
    const HEADINGS: &[&str] = &[
        "cac tin khac",
        "tin lien quan",
        "tin cung chuyen muc",
        "cac tin cung chuyen muc",
        "bai cung chuyen muc",
        "bai viet cung chuyen muc",
        "cung chuyen muc",
        "bai viet lien quan",
        "cac bai viet lien quan",
        "tin khac",
        "cac bai viet khac",
        "bai viet khac",
        "cac bai khac",
        "tin moi hon",
        "tin cu hon",
        "nhung tin moi hon",
        "nhung tin cu hon",
        "bai viet moi hon",
        "bai viet cu hon",
        "other news",
        "related news",
        "tin bai khac",
        "cac tin bai khac",
        "cac tin da dang",
        "cac tin moi hon",
        "cac tin cu hon",
        "tin bai lien quan",
        "cac tin lien quan",
        "bai lien quan",
        "co the ban quan tam",
        "related posts",
        "related articles",
        "tin tuc khac",
        "tin tuc lien quan",
        "tin da dua",
        "tin da dang",
        "cac tin da dua",
        "tin moi nhat",
        "tin moi",
        "bai viet moi",
        "tin noi bat",
        "tin xem nhieu",
        "xem nhieu",
        "doc nhieu",
        "doc nhieu nhat",
        "cac tin tiep theo",
        "thong bao khac",
        "cac thong bao khac",
        "van ban khac",
        "van ban lien quan",
        "van ban moi",
        "lien ket website",
        "thong ke truy cap",
    ];
    HEADINGS.contains(&folded.trim_matches(|c: char| !c.is_alphabetic()))
}

/// Whether a heading, folded, offers other articles, in the languages of many sites.
pub fn offers_other_news(folded: &str) -> bool {
    const HEADINGS: &[&str] = &[
        "you may also like",
        "you might also like",
        "you may like",
        "related articles",
        "related stories",
        "related posts",
        "related news",
        "related content",
        "recommended for you",
        "recommended",
        "read next",
        "more stories",
        "more news",
        "latest news",
        "most read",
        "most popular",
        "trending",
        "trending now",
        "voce pode gostar",
        "voce tambem pode gostar",
        "leia tambem",
        "veja tambem",
        "mais lidas",
        "te puede interesar",
        "tambien te puede interesar",
        "noticias relacionadas",
        "lo mas leido",
        "a lire aussi",
        "lire aussi",
        "sur le meme sujet",
        "das konnte sie auch interessieren",
        "mehr zum thema",
        "auch interessant",
        "leggi anche",
        "potrebbe interessarti",
        "baca juga",
        "berita terkait",
        "ilgili haberler",
        "co the ban quan tam",
    ];
    let bare = folded.trim_matches(|c: char| !c.is_alphabetic());
    HEADINGS.contains(&bare) || heads_other_news(folded)
}

/// Whether a block, folded, says who runs the site and by which licence. An article that speaks of a licence or of who is
/// responsible says more than such a line's beginning.
pub fn names_the_publisher(folded: &str) -> bool {
    const BEGINS: &[&str] = &[
        "co quan chu quan",
        "don vi chu quan",
        "co quan quan ly",
        "don vi quan ly:",
        "giay phep so",
        "giay phep thiet lap",
        "giay phep xuat ban",
        "giay phep hoat dong",
        "gpxb",
        "gp so",
        "so giay phep",
        "chiu trach nhiem chinh",
        "chiu trach nhiem noi dung",
        "chiu trach nhiem xuat ban",
        "chiu trach nhiem:",
        "nguoi chiu trach nhiem",
        "truong ban bien tap",
        "ban bien tap:",
        "tong bien tap",
        "ban quyen",
        "copyright",
        "coppyright",
        "©",
        "ⓒ",
        "(c) ",
        "all rights reserved",
        "thiet ke boi",
        "phat trien boi",
        "thiet ke va phat trien",
        "powered by",
        "designed by",
        "developed by",
        "trang thong tin dien tu",
        "cong thong tin dien tu",
    ];
    const HOLDS: &[&str] = &[
        "gp-ttdt",
        "gp-stttt",
        "gp-btttt",
        "gp-bc",
        "gp-cbc",
        "gp-qlbc",
        "gp-xbbt",
        "ban quyen thuoc",
        "giu ban quyen",
        "ghi ro nguon",
        "all rights reserved",
        "chiu trach nhiem chinh:",
        "chiu trach nhiem noi dung:",
        "co quan chu quan:",
        "giay phep thiet lap trang",
        "giay phep hoat dong trang",
    ];
    let begins = BEGINS.iter().find(|start| folded.starts_with(**start));
    let holds = HOLDS.iter().filter(|part| folded.contains(**part)).count();
    let strong = match begins {
        // Any article may begin so.
        Some(
            &"trang thong tin dien tu"
            | &"cong thong tin dien tu"
            | &"tong bien tap"
            | &"truong ban bien tap"
            | &"nguoi chiu trach nhiem"
            | &"ban quyen"
            | &"co quan quan ly"
            | &"giay phep so"
            | &"co quan chu quan",
        ) => gives_an_address(folded) || holds > 0 || is_label(folded) || folded.len() <= 70,
        Some(_) => true,
        None => false,
    };
    strong || holds >= 2 || holds == 1 && (gives_an_address(folded) || folded.len() <= 160)
}

/// Whether a line begins with a label: "Cơ quan chủ quản: …".
fn is_label(folded: &str) -> bool {
    folded.find(':').is_some_and(|colon| colon <= 40)
}

/// Whether a line, folded, gives an address or a telephone, as an imprint does.
pub fn gives_an_address(folded: &str) -> bool {
    const PARTS: &[&str] = &[
        "dia chi:",
        "dia chi ",
        "tru so:",
        "dien thoai",
        "dt:",
        "tel:",
        "tel ",
        "fax",
        "hotline",
        "duong day nong",
        "tong dai",
        "email:",
        "email ",
        "e-mail",
        "thu dien tu",
        "website:",
    ];
    PARTS.iter().any(|part| {
        folded
            .match_indices(part)
            .any(|(at, _)| at == 0 || !folded[..at].ends_with(|c: char| c.is_alphanumeric()))
    }) && folded.contains(|c: char| c.is_ascii_digit() || c == '@')
        || ["dia chi:", "dien thoai:"].iter().any(|start| folded.starts_with(start))
}

/// Whether a line, folded, is made of the words of a date and figures.
pub fn is_of_days(folded: &str) -> bool {
    const WORDS: &[&str] = &[
        "thu", "hai", "ba", "tu", "nam", "sau", "bay", "chu", "nhat", "ngay", "thang", "luc",
        "gio", "phut", "sa", "ch", "am", "pm", "gmt", "dang", "cap", "cn", "t2", "t3", "t4", "t5",
        "t6", "t7", "h", "g", "viet", "xuat", "ban", "tin", "bai", "cap", "nhat", "thoi", "gian",
        "posted", "on", "at",
    ];
    folded.contains(|c: char| c.is_ascii_digit())
        && folded.split(|c: char| !c.is_alphanumeric()).all(|word| {
            !word.contains(char::is_alphabetic)
                || WORDS.contains(&word)
                || word.trim_matches(|c: char| c.is_ascii_digit()) == "h"
        })
}
