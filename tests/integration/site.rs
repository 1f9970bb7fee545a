//! The news site over real connections on loopback, with a real store in a file.

use crate::made;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::origin::{Answer as Portal, Origin};
use bantin::clock::Clock;
use bantin::fetch::{FetchSettings, Fetcher};
use bantin::jobs::pictures::PictureFetcher;
use bantin::web::{Listener, SignUpSettings, Site, Web, serve};
use bantin_model::limits::SEARCHED_TEXT;
use bantin_model::query::Query;
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::*;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use url::form_urlencoded;

fn start() -> DateTime<Utc> {
    "2020-05-22T01:30:00Z".parse().expect("a time")
}

/// A running site with its store, and a portal that its source is polled from.
struct House {
    store: Store,
    clock: Clock,
    web: Web,
    portal: Origin,
    address: SocketAddr,
    client: reqwest::Client,
    served: JoinHandle<()>,
    folder: TempDir,
}

impl Drop for House {
    fn drop(&mut self) {
        self.served.abort();
    }
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    #[track_caller]
    fn has(&self, texts: &[&str]) {
        for text in texts {
            assert!(self.text.contains(text), "no {text:?} in {}", self.text);
        }
    }

    #[track_caller]
    fn has_not(&self, texts: &[&str]) {
        for text in texts {
            assert!(!self.text.contains(text), "{text:?} in {}", self.text);
        }
    }

    /// Titles of results, marks and all.
    fn titles(&self) -> Vec<String> {
        let parts = self.text.split("<h3><a href=\"").skip(1);
        let title = |part: &str| {
            let (_, part) = part.split_once('>').expect("a link");
            part.split_once("</a>")
                .expect("its end")
                .0
                .replace("<mark>", "[")
                .replace("</mark>", "]")
        };
        parts.map(title).collect()
    }

    /// Returns the address of `rel="next"`.
    fn next(&self) -> Option<String> {
        let (before, _) = self.text.split_once("\" rel=\"next\"")?;
        let (_, address) = before.rsplit_once("href=\"")?;
        Some(address.replace("&amp;", "&"))
    }
}

fn source_id() -> SourceId {
    SourceId::parse("so-tttt").expect("a name")
}

fn html(text: &str) -> CleanHtml {
    serde_json::from_value(text.into()).expect("a text")
}

fn key(name: &str) -> ItemKey {
    ItemKey::stored(format!("portal/{name}"))
}

fn id(name: &str) -> ItemId {
    ItemId::of(&source_id(), &key(name))
}

fn item(name: &str, title: &str, text: &str) -> NewItem {
    let published = Published::At(start() - TimeDelta::minutes(60));
    let article = Article {
        title: Some(title.to_owned()),
        published,
        section: Some("Tin hoạt động".into()),
        content_html: html(&format!("<p>{text}</p>")),
        content_text: text.to_owned(),
        lang: Some("vi".into()),
        ..Article::default()
    };
    NewItem {
        id: id(name),
        key: key(name),
        row: Row {
            url: format!("https://portal.example.gov.vn/{name}").parse().expect("a URL"),
            title: title.to_owned(),
            published,
            lead: None,
            image: None,
            id: None,
            brought: None,
        },
        listed: title.to_owned(),
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}

fn with(mut item: NewItem, change: impl Fn(&mut Article)) -> NewItem {
    change(&mut item.read.as_mut().expect("it was read").article);
    item
}

impl House {
    async fn build() -> House {
        House::speaking(Lang::Vi).await
    }

    async fn speaking(lang: Lang) -> House {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}/bantin.db", folder.path().display());
        let store = Store::open(&url).await.expect("a store");
        let portal = Origin::start().await;
        let source =
            made::source("so-tttt", "Sở Thông tin <&> Truyền thông", portal.url("/tin").as_str());
        store.sync_sources(&[source], |_| start()).await.expect("a source");
        let feed = Feed {
            name: FeedName::parse("tin").expect("a name"),
            title: "Tin <mới>".into(),
            description: "Mọi tin & bài".into(),
            query: "source:so-tttt".into(),
            lang: Lang::Vi,
            items: 3,
            days: 7,
            private: false,
        };
        store.sync_feeds(&[feed]).await.expect("a feed");
        let clock = Clock::set_to(start());
        let secret = store.secret().await.expect("a secret");
        let site = Site {
            title: "Bản tin \"TT&TT\"".into(),
            public_url: "https://tin.example.gov.vn/bantin/".parse().expect("a URL"),
            lang,
            zone: chrono_tz::Asia::Ho_Chi_Minh,
        };
        let web = Web::new(store.clone(), clock.clone(), LinkTokens::new(secret), site);
        let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let listener = Listener::from_tcp(socket).expect("a socket of tokio");
        let address = listener.address().expect("an address");
        let served = tokio::spawn(serve(vec![listener], web.clone(), std::future::pending()));
        let client = reqwest::Client::builder().no_gzip().no_brotli().no_zstd().no_deflate();
        let client = client.no_proxy().build().expect("a client");
        House { store, clock, web, portal, address, client, served, folder }
    }

    async fn record(&self, new: Vec<NewItem>) {
        self.poll(new, Vec::new(), Standing::Open).await;
    }

    async fn poll(&self, new: Vec<NewItem>, looked_at: Vec<RevisitedItem>, standing: Standing) {
        let at = self.clock.now();
        let poll = PollRecord {
            source: source_id(),
            at,
            health: Health::default(),
            next_at: at + TimeDelta::minutes(20),
            validators: None,
            rows_hash: None,
            complete: true,
            new,
            standing,
            looked_at,
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        self.store.record_poll(&poll).await.expect("recorded");
        self.web.refresh().await.expect("rendered");
    }

    /// Another look at a known item finds this.
    async fn edit(&self, item: NewItem) {
        let look = RevisitedItem {
            id: item.id,
            row: None,
            read: item.read,
            article: None,
            difference: DifferenceCause::Edit,
        };
        self.poll(Vec::new(), vec![look], Standing::Open).await;
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(path, &[]).await
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        // As a web server in front would: it passes on what follows the public path.
        let path = path.strip_prefix("/bantin").unwrap_or(path);
        let mut request = self.client.get(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("an answer");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.expect("a body");
        let text = String::from_utf8_lossy(&body).into_owned();
        // What holds of every page there is.
        if headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
        {
            let policy = headers["content-security-policy"].to_str().expect("ASCII");
            assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
            assert!(policy.contains("img-src 'self';") && !policy.contains("unsafe"), "{policy}");
            let scripts = text.matches("<script").count();
            assert_eq!(
                scripts,
                text.matches("<script type=\"application/ld+json\">").count(),
                "{text}"
            );
            assert!(text.len() < 50_000, "{} bytes", text.len());
            for source in text.split(" src=\"").skip(1) {
                assert!(source.starts_with("/bantin/pictures/"), "a foreign request: {source:.80}");
            }
        }
        Answer { status, headers, text }
    }
}

const HOSTILE: &str = "</title></script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&";

#[tokio::test]
async fn p8_nothing_hostile_gets_out_of_titles_captions_attachments_and_searches() {
    let house = House::build().await;
    let hostile = with(item("a", &format!("Họp {HOSTILE}"), "Họp"), |article| {
        article.content_text = format!("Họp {HOSTILE}");
        article.content_html = CleanHtml::default();
        article.lead = Some(format!("Lời dẫn {HOSTILE}"));
        article.byline = Some(HOSTILE.into());
        article.section = Some(HOSTILE.into());
        article.images =
            vec![Image { url: format!("https://x.vn/{HOSTILE}"), caption: Some(HOSTILE.into()) }];
        article.attachments = vec![
            Attachment {
                url: "https://x.vn/a.pdf".into(),
                title: HOSTILE.into(),
                media_type: HOSTILE.into(),
                length: None,
            },
            Attachment {
                url: "javascript:alert(1)".into(),
                title: "Xấu".into(),
                media_type: String::new(),
                length: None,
            },
        ];
        article.refs = vec![DocumentRef {
            symbol: HOSTILE.into(),
            kind: Some(HOSTILE.into()),
            number: "1".into(),
            year: None,
            issuer: Some(HOSTILE.into()),
            date: None,
        }];
    });
    house.record(vec![hostile]).await;
    let encoded: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let item = format!("/items/{}", id("a"));
    for path in [
        "/".to_owned(),
        item.clone(),
        "/search?q=h%E1%BB%8Dp".into(),
        format!(
            "/search?q={encoded}&source={encoded}&section={encoded}&from={encoded}&to={encoded}&after={encoded}"
        ),
        format!("/search?q=tin&section={encoded}"),
        "/sources/so-tttt".into(),
        "/feeds/".into(),
        format!("/subscribe?query={encoded}&feeds={encoded}"),
    ] {
        let page = house.get(&path).await;
        page.has_not(&["<script>", "<img src=x", "</title></script>", "href=\"javascript:"]);
        assert_eq!(page.text.matches("</title>").count(), 1, "{path}");
    }
    let page = house.get(&item).await;
    let (_, data) =
        page.text.split_once("<script type=\"application/ld+json\">").expect("linked data");
    let (data, _) = data.split_once("</script>").expect("its end");
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(data["headline"], format!("Họp {HOSTILE}"));
}

#[tokio::test]
async fn a_search_finds_with_accents_exactly_and_without_in_any_spelling() {
    let house = House::build().await;
    house
        .record(vec![
            item("1", "Thành phố Hòa Bình họp", "Bàn về chợ."),
            item("2", "Hoà nhạc mùa hè", "Nghe nhạc."),
            item("3", "Triển lãm hoa xuân", "Có hoa và binh sĩ."),
            item("4", "Bao Hoa Binh dua tin", "Bai viet khong dau."),
            item("5", "Tin khác", "Điện Biên phủ sóng; thực hiện Nghị định số 30/2020/NĐ-CP."),
        ])
        .await;
    let check = |query: &'static str, titles: &'static [&'static str]| {
        let house = &house;
        async move {
            let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
            let page = house.get(&format!("/search?q={encoded}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert_eq!(page.titles(), titles, "{query}");
            page
        }
    };
    // Of one time the later number is the newer.
    check("hòa", &["Bao [Hoa] Binh dua tin", "[Hoà] nhạc mùa hè", "Thành phố [Hòa] Bình họp"])
        .await;
    let page = check("\"hòa bình\"", &["Bao [Hoa Binh] dua tin", "Thành phố [Hòa Bình] họp"]).await;
    assert_eq!(page.text.matches("khớp không dấu").count(), 1);
    let page = check(
        "hoa binh",
        &["Bao [Hoa Binh] dua tin", "Triển lãm [hoa] xuân", "Thành phố [Hòa Bình] họp"],
    )
    .await;
    page.has(&["<strong>3</strong> kết quả", "Có <mark>hoa</mark> và <mark>binh</mark> sĩ."]);
    assert_eq!(page.text.matches("khớp không dấu").count(), 1, "of the one that has accents");
    check("hoa -bình", &["Triển lãm [hoa] xuân", "[Hoà] nhạc mùa hè"]).await;
    check("30/2020/ND-CP", &["Tin khác"]).await.has(&["số <mark>30/2020/NĐ-CP</mark>."]);
    check("dien bien", &["Tin khác"]).await.has(&["khớp không dấu"]);
    check("ho", &[]).await.has(&["Không tìm thấy tin nào."]);
    check("-hoa", &["Tin khác"]).await;
}

#[tokio::test]
async fn an_edited_item_is_found_by_its_new_words_alone() {
    let house = House::build().await;
    house.record(vec![item("1", "Tin cũ", "Bàn về chợ.")]).await;
    house.edit(item("1", "Tin sửa", "Bàn về trường học.")).await;
    assert_eq!(house.get("/search?q=ch%E1%BB%A3").await.titles(), Vec::<String>::new());
    assert_eq!(house.get("/search?q=tr%C6%B0%E1%BB%9Dng").await.titles(), ["Tin sửa"]);
}

/// Words beyond the index: after the part of a long text that it reads, and after more words than
/// it keeps of one item.
#[tokio::test]
async fn what_the_index_does_not_know_of_a_long_text_lets_no_item_in() {
    let house = House::build().await;
    let tail = "Ở cuối: hòa bình của quận.";
    let long = format!("Mở đầu. {}{tail}", "Báo cáo dài. ".repeat(SEARCHED_TEXT / 12));
    let table: String = (0..30_000).map(|n| format!("m{n} ")).collect();
    let table = format!("Mở đầu. {table}{tail}");
    assert!(long.len() > SEARCHED_TEXT && table.len() < SEARCHED_TEXT - 10_000);
    let items = [
        item("a", "Dài", &long),
        item("b", "Bảng", &table),
        item("c", "Ngắn", "Mở đầu. Hòa bình của phường."),
    ];
    house.record(items.to_vec()).await;
    let all = house.store.newest_items(None, None, 9).await.expect("the store answers");
    // What matches is found, unless the words asked for are in the tail alone: a long text is found
    // by its beginning.
    for (query, expected, in_tail) in [
        ("NOT quận", "Ngắn", ""),
        ("NOT quan", "Ngắn", ""),
        ("NOT quán", "Bảng Dài Ngắn", ""),
        ("mở NOT quận", "Ngắn", ""),
        ("NOT \"hòa bình\"", "", ""),
        ("NOT hoa", "", ""),
        ("NOT hóa", "Bảng Dài Ngắn", ""),
        ("NOT \"bình của quận\"", "Ngắn", ""),
        ("NOT (quận OR phường)", "", ""),
        ("mở NOT (quận phường)", "Bảng Dài Ngắn", ""),
        ("phường OR NOT quận", "Ngắn", ""),
        ("section:tin NOT quận", "Ngắn", ""),
        ("\"mở đầu\"", "Bảng Dài Ngắn", ""),
        ("hòa", "Ngắn", "Bảng Dài"),
        ("quận", "", "Bảng Dài"),
    ] {
        let encoded: String = form_urlencoded::byte_serialize(query.as_bytes()).collect::<String>();
        let matches = Query::parse(query).expect("a query");
        let matching = sorted(
            all.iter()
                .filter(|i| matches.matches(i, chrono_tz::Asia::Ho_Chi_Minh))
                .map(|i| i.title.clone()),
        );
        let whole = sorted(expected.split(' ').chain(in_tail.split(' ')).map(str::to_owned));
        assert_eq!(matching, whole, "{query}");

        let page = house.get(&format!("/search?q={encoded}")).await;
        let titles = page.titles().into_iter().map(|title| title.replace(['[', ']'], ""));
        assert_eq!(sorted(titles), expected, "{query}");
        let count = expected.split(' ').filter(|title| !title.is_empty()).count();
        if count > 0 {
            page.has(&[&format!("<strong>{count}</strong>")]);
        }
        for path in ["search/feed.json", "api/v1/items"] {
            let answer = house.get(&format!("/{path}?q={encoded}")).await;
            let answer: serde_json::Value = serde_json::from_str(&answer.text).expect("JSON");
            let items = answer["items"].as_array().expect("items").iter();
            let titles = items.map(|item| item["title"].as_str().expect("a title").to_owned());
            assert_eq!(sorted(titles), expected, "{query} at {path}");
        }
    }
}

fn sorted(titles: impl Iterator<Item = String>) -> String {
    let mut titles: Vec<String> = titles.filter(|title| !title.is_empty()).collect();
    titles.sort();
    titles.join(" ")
}

#[tokio::test]
async fn filters_narrow_a_search_and_stay_in_the_form() {
    let house = House::build().await;
    let on = |name: &str, day: &str, section: &str| {
        let (day, section) = (day.parse().expect("a day"), section.to_owned());
        with(item(name, &format!("Tin {name}"), "x"), move |article| {
            article.published = Published::On(day);
            article.section = Some(section.clone());
        })
    };
    house
        .record(vec![
            on("a", "2020-05-18", "Tin hoạt động"),
            on("b", "2020-05-20", "Thông báo"),
            on("c", "2020-05-21", "Tin hoạt động"),
        ])
        .await;
    let titles = async |path: &str| house.get(path).await.titles();
    assert_eq!(titles("/search?q=tin").await, ["[Tin] c", "[Tin] b", "[Tin] a"]);
    assert_eq!(titles("/search?from=2020-05-20").await, ["Tin c", "Tin b"]);
    assert_eq!(titles("/search?to=2020-05-20&q=tin").await, ["[Tin] b", "[Tin] a"]);
    assert_eq!(titles("/search?from=2020-05-20&to=2020-05-20").await, ["Tin b"]);
    assert_eq!(titles("/search?section=Th%C3%B4ng+b%C3%A1o").await, ["Tin b"]);
    assert_eq!(titles("/search?source=so-khac").await, Vec::<String>::new());
    let page =
        house.get("/search?q=tin&section=Tin+ho%E1%BA%A1t+%C4%91%E1%BB%99ng&from=2020-05-01").await;
    assert_eq!(page.titles(), ["[Tin] c", "[Tin] a"]);
    page.has(&[
        "<details open>",
        "<option selected>Tin hoạt động</option>",
        "value=\"2020-05-01\"",
        "/bantin/subscribe?query=%28tin%29+section%3A%22Tin+ho%E1%BA%A1t+%C4%91%E1%BB%99ng%22",
        "type=\"application/atom+xml\" title=\"Kết quả tìm: tin (Atom)\" href=\"/bantin/search/atom.xml?q=%28tin%29",
    ]);
    let page = house.get("/sources/so-tttt?q=tin").await;
    page.has(&["<h1>Sở Thông tin &lt;&amp;&gt; Truyền thông</h1>"]);
    assert_eq!(page.titles().len(), 3);
    assert_eq!(house.get("/sources/khong-co").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_wrong_search_is_told_with_its_character_and_nothing_is_lost() {
    let house = House::build().await;
    let page = house.get("/search?q=tin+(m%E1%BB%9Bi&from=22/5/2020").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.has(&[
        "Câu tìm sai ở ký tự thứ 5",
        "<code>tin <mark>(</mark>mới</code>",
        "Ngày phải có dạng năm-tháng-ngày",
        "value=\"tin (mới\"",
        "<title>Lỗi: ",
    ]);
    let bare = house.get("/search").await;
    assert_eq!((bare.status, bare.titles().len()), (StatusCode::OK, 0));
}

#[tokio::test]
async fn pages_of_results_stay_the_same_while_news_comes() {
    let house = House::build().await;
    let names: Vec<String> = (0..45).map(|n| format!("{n:02}")).collect();
    house.record(names.iter().map(|name| item(name, &format!("Tin {name}"), "x")).collect()).await;
    // A phrase, which the index alone cannot decide, pages in the same way.
    for query in ["tin", "%22tin%22+OR+%22kh%C3%B4ng+c%C3%B3%22"] {
        let first = house.get(&format!("/search?q={query}")).await;
        assert_eq!(first.titles().len(), 20);
        let fresh = format!("moi-{}", query.len());
        house.record(vec![item(&fresh, "Tin vừa đăng", "x")]).await;
        let second = house.get(&first.next().expect("a second page")).await;
        let third = house.get(&second.next().expect("a third page")).await;
        assert_eq!(second.titles().len(), 20);
        assert_eq!(third.next(), None);
        let mut all = [first.titles(), second.titles(), third.titles()].concat();
        assert!(!all.iter().any(|title| title.contains("vừa đăng") && query == "tin"));
        let count = all.len();
        all.dedup();
        assert_eq!(count, all.len(), "none twice");
        third.has(&["Về trang đầu"]);
    }
}

#[tokio::test]
async fn an_item_has_a_page_with_all_that_belongs_to_it() {
    let house = House::build().await;
    let whole = with(item("1", "Sở họp bàn", "Sở họp."), |article| {
        article.lead = Some("Sáng nay sở họp.".into());
        article.byline = Some("Quang Vượng".into());
        article.attachments = vec![Attachment {
            url: "https://x.vn/k%E1%BA%BF.pdf".into(),
            title: "Kế hoạch".into(),
            media_type: "application/pdf".into(),
            length: Some(1_250_000),
        }];
        article.refs = vec![DocumentRef {
            symbol: "30/2020/NĐ-CP".into(),
            kind: Some("Nghị định".into()),
            number: "30".into(),
            year: Some(2020),
            issuer: Some("Chính phủ".into()),
            date: None,
        }];
    });
    house.record(vec![whole.clone()]).await;
    let address = format!("/items/{}", id("1"));
    let page = house.get(&address).await;
    page.has(&[
        "<h1>Sở họp bàn</h1>",
        "<p class=\"lead-text\">Sáng nay sở họp.</p>",
        "Tác giả: Quang Vượng",
        "<time datetime=\"2020-05-22T07:30:00+07:00\">22/05/2020 07:30</time>",
        "<a href=\"https://x.vn/k%E1%BA%BF.pdf\" rel=\"noreferrer\">Kế hoạch</a> <span class=\"meta\">(PDF, 1,3 MB)</span>",
        "href=\"/bantin/search?q=%2230%2F2020%2FN%C4%90-CP%22\">30/2020/NĐ-CP</a>",
        "Nghị định, Chính phủ",
        "href=\"https://portal.example.gov.vn/1\" rel=\"noreferrer\">Đọc trên trang nguồn",
        &format!("<link rel=\"canonical\" href=\"https://tin.example.gov.vn/bantin{address}\">"),
        "<meta property=\"og:title\" content=\"Sở họp bàn\">",
        "\"@type\":\"NewsArticle\"",
        "<html lang=\"vi\">",
    ]);
    page.has_not(&["Lịch sử thay đổi"]);
    // Edited twice: both earlier texts can be read, and what became of them.
    house.clock.advance(TimeDelta::hours(2));
    let edited = |title: &str, text: &str| {
        let (title, text) = (title.to_owned(), text.to_owned());
        with(whole.clone(), move |article| {
            article.title = Some(title.clone());
            article.content_html = html(&format!("<p>{text}</p>"));
            article.content_text = text.clone();
        })
    };
    house.edit(edited("Sở họp bàn", "Sở họp lại.")).await;
    house.clock.advance(TimeDelta::hours(1));
    house.edit(edited("Sở họp bàn về chợ", "Sở họp lại.")).await;
    let page = house.get(&address).await;
    page.has(&["Đã đổi: tiêu đề", "Đã đổi: nội dung", "22/05/2020 10:30", "22/05/2020 11:30"]);
    let first = house.get(&format!("{address}/revisions/0")).await;
    first.has(&[
        "<p>Sở họp.</p>",
        "<del>Sở họp.</del>",
        "<ins>Sở họp lại.</ins>",
        "22/05/2020 10:30",
    ]);
    first.has(&["noindex", "Xem bản hiện tại"]);
    house
        .get(&format!("{address}/revisions/1"))
        .await
        .has(&["<h1>Sở họp bàn</h1>", "<p>Sở họp lại.</p>"]);
    for nothing in ["/revisions/2", "/revisions/x"] {
        assert_eq!(house.get(&format!("{address}{nothing}")).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_withdrawn_item_is_gone_and_a_held_one_was_never_there() {
    let house = House::build().await;
    house.record(vec![item("1", "Tin bị gỡ", "x"), item("2", "Tin còn lại", "x")]).await;
    house.poll(vec![item("3", "Tin bị giữ", "x")], Vec::new(), Standing::Held).await;
    use sqlx::Connection as _;
    let url = format!("sqlite:{}/bantin.db", house.folder.path().display());
    let mut store = sqlx::SqliteConnection::connect(&url).await.expect("the file opens");
    let sql = "UPDATE item SET standing = 'held' WHERE row_title = 'Tin bị gỡ'; UPDATE counter SET value = value + 1 WHERE name = 'version'";
    sqlx::raw_sql(sql).execute(&mut store).await.expect("withdrawn");
    house.web.refresh().await.expect("rendered");
    let gone = house.get(&format!("/items/{}", id("1"))).await;
    assert_eq!(gone.status, StatusCode::GONE);
    gone.has(&["Tin này đã được gỡ"]);
    gone.has_not(&["Tin bị gỡ"]);
    assert_eq!(house.get(&format!("/items/{}", id("3"))).await.status, StatusCode::NOT_FOUND);
    for path in ["/items/x", "/items/00000000-0000-0000-0000-000000000000", "/pictures/x"] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/", "/search?q=tin", "/sitemap.xml?part=0", "/sources/so-tttt"] {
        let page = house.get(path).await;
        page.has_not(&["bị gỡ", "bị giữ", &id("1").to_string(), &id("3").to_string()]);
    }
    assert_eq!(house.get("/search?q=tin").await.titles(), ["[Tin] còn lại"]);
    // What is let go is found.
    house.store.release_held(&source_id(), house.clock.now()).await.expect("released");
    assert_eq!(
        house.get("/search?q=%22b%E1%BB%8B+gi%E1%BB%AF%22").await.titles(),
        ["Tin [bị giữ]"]
    );
}

#[tokio::test]
async fn pages_are_validated_and_compressed() {
    let house = House::build().await;
    house.record(vec![item("1", "Tin đầu", "x")]).await;
    let item = format!("/items/{}", id("1"));
    for path in ["/", "/feeds/", item.as_str(), "/search?q=tin", "/sitemap.xml"] {
        let page = house.get(path).await;
        assert!(page.header("cache-control").starts_with("max-age="), "{path}");
        let again = house.ask(path, &[("if-none-match", page.header("etag"))]).await;
        assert_eq!((again.status, again.text.len()), (StatusCode::NOT_MODIFIED, 0), "{path}");
        let packed = house.ask(path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(packed.header("content-encoding"), "gzip", "{path}");
    }
    let before = house.get("/").await;
    house.record(vec![self::item("2", "Tin sau", "y")]).await;
    let after = house.ask("/", &[("if-none-match", before.header("etag"))]).await;
    assert_eq!(after.status, StatusCode::OK);
    after.has(&["Tin sau", "Tin đầu"]);
}

#[tokio::test]
async fn the_front_page_has_the_newest_by_section() {
    let house = House::build().await;
    house.get("/").await.has(&["Chưa có tin nào."]);
    let in_section = |name: &str, section: &str| {
        let section = section.to_owned();
        with(item(name, &format!("Bài {name}"), "Nội dung."), move |article| {
            article.section = Some(section.clone())
        })
    };
    let mut new: Vec<NewItem> =
        (0..8).map(|n| in_section(&format!("a{n}"), "Tin hoạt động")).collect();
    new.extend((0..3).map(|n| in_section(&format!("b{n}"), "Chuyển đổi số")));
    new.push(in_section("c", "Lẻ loi"));
    house.record(new).await;
    let page = house.get("/").await;
    page.has(&[
        "<h2 id=\"newest\">Mới nhất</h2>",
        "<h2 id=\"section-1\">Chuyển đổi số</h2>",
        "<h2 id=\"section-2\">Tin hoạt động</h2>",
        "<h2 id=\"section-3\">Tin khác</h2>",
        "href=\"/bantin/search?section=Chuy%E1%BB%83n+%C4%91%E1%BB%95i+s%E1%BB%91\"",
        "href=\"/bantin/sources/so-tttt\"",
        "<link rel=\"canonical\" href=\"https://tin.example.gov.vn/bantin/\">",
        "aria-current=\"page\">Tin mới",
    ]);
    assert_eq!(page.titles()[0], "Bài c");
}

#[tokio::test]
async fn the_page_about_feeds_says_how_to_follow_each() {
    let house = House::build().await;
    house.record(vec![item("1", "Tin đầu", "x")]).await;
    let page = house.get("/feeds/").await;
    page.has(&[
        "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"Tin &lt;mới&gt; (RSS)\" href=\"https://tin.example.gov.vn/bantin/feeds/tin/rss.xml\">",
        "type=\"application/atom+xml\" title=\"Tin &lt;mới&gt; (Atom)\"",
        "type=\"application/feed+json\" title=\"Tin &lt;mới&gt; (JSON Feed)\"",
        "Mọi tin &amp; bài",
        "<code>source:so-tttt</code>",
        "href=\"/bantin/subscribe?feeds=tin\"",
        "Tin đầu",
        "feeds.opml",
    ]);
}

/// By the longest match (RFC 9309), and by programs that take the first line that matches and know no `*` and no `$`.
#[track_caller]
fn only_feeds_of_searches_are_for_robots(robots: &str) {
    let first_match = |path: &str| {
        let rules = robots.lines().filter_map(|line| line.split_once(": "));
        let mut rules = rules.filter(|(word, _)| matches!(*word, "Allow" | "Disallow"));
        rules.find(|(_, start)| path.starts_with(start)).is_none_or(|(word, _)| word == "Allow")
    };
    for (path, allowed) in [
        ("/bantin/search/rss.xml?q=x", true),
        ("/bantin/search/atom.xml?q=l%C3%A3nh%20%C4%91%E1%BA%A1o", true),
        ("/bantin/search/feed.json?q=x", true),
        ("/bantin/search?q=x", false),
        ("/bantin/search", false),
        ("/bantin/search/", false),
        ("/bantin/search/opml?q=x", false),
        ("/bantin/search?q=/search/atom.xml", false),
        ("/bantin/feeds/tin/atom.xml", true),
        ("/bantin/admin/", false),
    ] {
        let url = format!("https://tin.example.gov.vn{path}");
        let mut longest = robotstxt::DefaultMatcher::default();
        let by_longest = longest.one_agent_allowed_by_robots(robots, "reader", &url);
        assert_eq!((by_longest, first_match(path)), (allowed, allowed), "{path}");
    }
}

#[tokio::test]
async fn robots_learn_what_there_is_and_when_it_changed() {
    let house = House::build().await;
    house.record(vec![item("1", "Tin đầu", "x")]).await;
    let robots = house.get("/robots.txt").await;
    robots.has(&[
        "Disallow: /bantin/search\n",
        "Sitemap: https://tin.example.gov.vn/bantin/sitemap.xml\n",
    ]);
    only_feeds_of_searches_are_for_robots(&robots.text);
    let list = house.get("/sitemap.xml").await;
    list.has(&["<loc>https://tin.example.gov.vn/bantin/sitemap.xml?part=0</loc>"]);
    let part = house.get("/sitemap.xml?part=0").await;
    assert_eq!(part.header("content-type"), "application/xml; charset=utf-8");
    part.has(&[&format!(
        "<url><loc>https://tin.example.gov.vn/bantin/items/{}</loc><lastmod>2020-05-22T08:30:00+07:00</lastmod></url>",
        id("1")
    )]);
    for nothing in ["?part=1", "?part=x", "?part=-1"] {
        let answer = house.get(&format!("/sitemap.xml{nothing}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}

#[tokio::test]
async fn the_pages_speak_english_where_the_site_does() {
    let house = House::speaking(Lang::En).await;
    let vietnamese = item("1", "Sở họp bàn", "Sở họp.");
    house.record(vec![vietnamese]).await;
    let page = house.get(&format!("/items/{}", id("1"))).await;
    page.has(&["<html lang=\"en\">", "<h1 lang=\"vi\">Sở họp bàn</h1>", "Read it on its source"]);
    house.get("/").await.has(&["Newest", "Sources", "Search the news"]);
    let page = house.get("/search?q=so+hop").await;
    page.has(&["matched without accents", "<strong>1</strong> results", "<li lang=\"vi\">"]);
    house.get("/search?q=(").await.has(&["The search is wrong at character 1"]);
    house.get("/feeds/").await.has(&["Get it by mail"]);
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    png
}

#[tokio::test]
async fn p8_pictures_come_from_us_or_not_at_all() {
    let house = House::build().await;
    let portal = &house.portal;
    portal.on("/robots.txt", Portal::status(404));
    portal.on("/a.png", Portal::bytes(png(640, 480)).header("Content-Type", "image/png"));
    // SVG is a program, whatever it is called.
    portal.on(
        "/b.png",
        Portal::bytes("<svg xmlns=\"http://www.w3.org/2000/svg\"/>")
            .header("Content-Type", "image/png"),
    );
    portal
        .on("/c.png", Portal::bytes(vec![0; 4 * 1024 * 1024]).header("Content-Type", "image/png"));
    let url = |path: &str| portal.url(path).to_string();
    let inside = "http://169.254.169.254/latest.png".to_owned();
    let (a, b, c, d) = (url("/a.png"), url("/b.png"), url("/c.png"), inside.clone());
    let pictured = with(item("1", "Tin có ảnh", "x"), |article| {
        article.content_html = html(&format!(
            "<p>x<img src=\"{a}\" alt=\"Ảnh &quot;một&quot;\">y<img src=\"{b}\" alt=\"\">z</p>"
        ));
        article.images = vec![
            Image { url: a.clone(), caption: None },
            Image { url: c.clone(), caption: Some("Quá lớn".into()) },
            Image { url: d.clone(), caption: Some("Bên trong".into()) },
        ];
    });
    house.record(vec![pictured]).await;
    let address = format!("/items/{}", id("1"));
    house.get(&address).await.has(&["<p>xyz</p>"]);
    let settings = FetchSettings { spacing: std::time::Duration::ZERO, ..FetchSettings::default() };
    let fetcher = Fetcher::new(settings, house.clock.clone()).expect("a fetcher");
    let mut job = PictureFetcher::new(house.store.clone(), fetcher, house.clock.clone());
    assert_eq!(job.want(house.web.take_wished_pictures()).await.expect("wanted"), 4);
    while job.fetch_next().await.expect("the store answers") {}
    assert_eq!(job.want(Vec::new()).await.expect("wanted"), 0, "known by now");
    let page = house.get(&address).await;
    let own = PictureId::of(&a);
    let shown = format!(
        "<p>x<img src=\"/bantin/pictures/{}\" alt=\"Ảnh &quot;một&quot;\" width=\"640\" height=\"480\" loading=\"lazy\" decoding=\"async\">yz</p>",
        own.as_str()
    );
    page.has(&[
        &shown,
        &format!(
            "og:image\" content=\"https://tin.example.gov.vn/bantin/pictures/{}\"",
            own.as_str()
        ),
    ]);
    page.has_not(&["Quá lớn", "169.254"]);
    let picture = house.ask(&format!("/pictures/{}", own.as_str()), &[]).await;
    assert_eq!(picture.header("content-type"), "image/png");
    assert_eq!(picture.header("x-content-type-options"), "nosniff");
    assert!(picture.header("cache-control").contains("immutable"));
    assert_eq!(
        house.get(&format!("/pictures/{}", PictureId::of(&b).as_str())).await.status,
        StatusCode::NOT_FOUND
    );
    // Fetched once for all visitors.
    house.get(&address).await;
    job.want(house.web.take_wished_pictures()).await.expect("wanted");
    assert!(!job.fetch_next().await.expect("the store answers"));
    assert_eq!(portal.requests("/a.png").len(), 1);
    house.web.change(|settings| settings.pictures = false);
    house.get(&address).await.has(&["<p>xyz</p>"]);
}

#[tokio::test]
async fn a_form_to_subscribe_is_filled_in_from_a_search() {
    let house = House::build().await;
    let page = house.get("/subscribe?query=%22chuy%E1%BB%83n+%C4%91%E1%BB%95i+s%E1%BB%91%22").await;
    // Sign-up is not configured here, so there is no form; the next test checks how it is filled
    // in.
    assert_eq!(page.status, StatusCode::OK);
    let config = "[server]\npublic_url = \"https://tin.example.gov.vn/bantin/\"\n[mail]\ntransport = \"folder:/nowhere\"\nfrom = \"b@example.vn\"\n";
    let config = bantin::config::Config::from_text(config, std::path::Path::new("site.toml"));
    let mailer = bantin_mail::Mailer::new(config.expect("a config").mail).expect("a mailer");
    let sign_up = SignUpSettings { open: true, mailer };
    house.web.change(|settings| settings.sign_up = Some(Arc::new(sign_up)));
    let page = house
        .get("/subscribe?query=%22chuy%E1%BB%83n+%C4%91%E1%BB%95i+s%E1%BB%91%22&feeds=tin")
        .await;
    page.has(&["value=\"&quot;chuyển đổi số&quot;\"", "value=\"tin\" id=\"feeds\" checked"]);
}
