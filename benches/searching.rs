//! The news site over a store of 100,000 items: how long a search, an item's page and the front
//! page take, and the memory of the process. `cargo bench --bench searching [-- --store URL --items
//! N --only TEXT]`; a store that has items already is used as it is, so that one can be made once
//! and measured often; `--only` measures what has the text in its name.
//!
//! The items are made up: sentences of the words of official Vietnamese, drawn by Zipf's law, so
//! that some words are in every item and some in few. Requests go through the router, one after the
//! other, without a socket.

#[path = "../crates/bantin-extract/tests/support/dice.rs"]
mod dice;
#[path = "../tests/support/made.rs"]
mod made;

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use bantin::clock::Clock;
use bantin::web::{Site, Web};
use bantin_model::tokens::LinkTokens;
use bantin_model::*;
use bantin_store::{
    ArticleRead, ArticleSchedule, NewItem, PollChanges, PollRecord, SearchPlace, Store,
};
use chrono::{DateTime, TimeDelta, Utc};
use dice::Dice;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

const WORDS: &str = "của và các trong cho với được là có thực hiện công tác tỉnh phát triển quản lý nhà nước thông tin truyền \
    thông chuyển đổi số hội nghị triển khai nhiệm vụ kinh tế xã hội giáo dục y tế người dân doanh nghiệp dịch vụ trực tuyến \
    an toàn mạng viễn thông bưu chính báo chí xuất bản hạ tầng cơ sở dữ liệu nghị quyết chỉ thị kế hoạch ủy ban nhân dân \
    phường xã huyện thành phố lãnh đạo giám đốc phó trưởng phòng chủ tịch đại biểu quốc hội hội đồng kiểm tra giám sát thanh \
    tra xử lý vi phạm pháp luật tuyên truyền phổ biến nâng cao hiệu quả chất lượng đào tạo tập huấn cán bộ công chức viên chức \
    hòa bình quảng trị đông hà điện biên hải lăng vĩnh linh cam lộ triệu phong gio linh hướng hóa đakrông cồn cỏ du lịch nông \
    nghiệp nông thôn mới môi trường biển đảo rừng lúa cá cao su hồ tiêu cà phê giao thông cầu đường điện nước trường học bệnh \
    viện khám chữa phòng chống dịch bệnh lũ lụt hạn hán thiên tai cứu trợ quyên góp khen thưởng thi đua kỷ niệm ngày thành lập \
    lịch sử văn hóa thể thao âm nhạc nghệ thuật di tích bảo tàng thư viện sách đọc thiếu nhi thanh niên phụ nữ cựu chiến binh";
const SECTIONS: [&str; 8] = [
    "Tin hoạt động",
    "Chuyển đổi số",
    "Thông báo",
    "Văn bản mới",
    "Kinh tế",
    "Văn hóa - Xã hội",
    "Giáo dục",
    "Quốc phòng - An ninh",
];
const SOURCES: usize = 20;

/// Small numbers often, large ones seldom.
fn zipf(dice: &mut Dice, sides: usize) -> usize {
    let unit = (dice.roll(1 << 20) as f64 + 1.0) / f64::from(1 << 20);
    (((sides as f64 + 1.0).powf(unit) - 1.0) as usize).min(sides - 1)
}

fn text(dice: &mut Dice, words: &[String], length: usize) -> String {
    let mut text = String::with_capacity(length * 6);
    for n in 0..length {
        if n > 0 {
            text.push_str(if n % 120 == 0 {
                ".\n"
            } else if n % 14 == 0 {
                ", "
            } else {
                " "
            });
        }
        text.push_str(&words[zipf(dice, words.len())]);
    }
    text
}

fn new_item(
    dice: &mut Dice,
    words: &[String],
    source: &SourceId,
    n: usize,
    at: DateTime<Utc>,
) -> NewItem {
    let key = ItemKey::stored(format!("x.vn/{n}"));
    let length = 12 + dice.roll(8);
    let title = text(dice, words, length);
    let length = 250 + dice.roll(700);
    let body = text(dice, words, length);
    let body =
        format!("{body}. Căn cứ Nghị định số {}/20{}/NĐ-CP.", dice.roll(200), 10 + dice.roll(16));
    let html = body.lines().map(|line| format!("<p>{line}</p>")).collect::<String>();
    let published = Published::At(at);
    let article = Article {
        title: Some(title.clone()),
        published,
        lead: Some(text(dice, words, 35)),
        section: Some(SECTIONS[zipf(dice, SECTIONS.len())].to_owned()),
        content_html: serde_json::from_value(html.into()).expect("a text"),
        content_text: body,
        lang: Some("vi".into()),
        ..Article::default()
    };
    NewItem {
        id: ItemId::of(source, &key),
        key,
        row: Row {
            url: format!("https://x.vn/{n}").parse().expect("a URL"),
            title: title.clone(),
            published,
            lead: None,
            image: None,
            id: None,
            brought: None,
        },
        listed: title,
        read: Some(ArticleRead { article, ..ArticleRead::default() }),
        article: ArticleSchedule::default(),
    }
}

fn source(n: usize) -> Source {
    made::source(&format!("so-{n}"), &format!("Sở số {n}"), &format!("https://x{n}.vn/tin"))
}

/// Of this process, in MiB: now, and at its peak.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let kib: u64 = line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        kib / 1024
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn told(what: &str, times: &[Duration]) {
    let mut times = times.to_vec();
    times.sort_unstable();
    if times.is_empty() {
        return;
    }
    let at =
        |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!(
        "{what:<44} p50 {:>7.2} ms   p95 {:>7.2} ms   p99 {:>7.2} ms   max {:>7.2} ms",
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

/// Writes as many items as polls would, some at a time.
async fn fill(store: &Store, items: usize, words: &[String], start: DateTime<Utc>) {
    const AT_ONCE: usize = 500;
    let sources: Vec<Source> = (0..SOURCES).map(source).collect();
    store.sync_sources(&sources, |_| start).await.expect("sources");
    let mut dice = Dice(9);
    let filled = Instant::now();
    for first in (0..items).step_by(AT_ONCE) {
        let source = &sources[first / AT_ONCE % SOURCES].id;
        let at = start - TimeDelta::minutes(i64::try_from((items - first) * 20).expect("it fits"));
        let new = (first..items.min(first + AT_ONCE))
            .map(|n| {
                let minute = i64::try_from(n - first).expect("it fits") * 20;
                new_item(&mut dice, words, source, n, at + TimeDelta::minutes(minute))
            })
            .collect();
        let poll = PollRecord {
            source: source.clone(),
            at: start,
            health: Health::default(),
            next_at: start,
            validators: None,
            rows_hash: None,
            complete: true,
            new,
            standing: Standing::Backlog,
            looked_at: Vec::new(),
            mending: PollChanges::default(),
            notices: Vec::new(),
        };
        store.record_poll(&poll).await.expect("recorded");
    }
    let took = filled.elapsed().as_secs_f64();
    println!(
        "{items} items written and indexed in {took:.0} s ({:.0} a second)",
        items as f64 / took
    );
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (mut url, mut items, mut only) = (None, 100_000, String::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--store" => url = arguments.next(),
            "--only" => only = arguments.next().expect("a text"),
            "--items" => items = arguments.next().and_then(|n| n.parse().ok()).expect("a number"),
            _ => {}
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bantin.db");
    let url = url.unwrap_or_else(|| format!("sqlite:{}", file.display()));
    let store = Store::open(&url).await.expect("a store");
    let start: DateTime<Utc> = "2026-05-22T01:30:00Z".parse().expect("a time");
    let mut dice = Dice(7);
    // Frequent words come first; drawing is by rank. Made-up numbers give a long tail of seldom ones.
    let mut words: Vec<String> = WORDS.split_whitespace().map(str::to_owned).collect();
    words.extend((0..20_000).map(|n| format!("mã{n}")));
    let every = bantin_model::query::Query::parse("").expect("a query").lookup().0;
    if store.search(&every, SearchPlace::END, 1).await.expect("places").is_empty() {
        fill(&store, items, &words, start).await;
    }
    store.close().await;

    let store = Store::open(&url).await.expect("a store");
    let tokens = LinkTokens::new(store.secret().await.expect("a secret"));
    let site = Site {
        title: "Bản tin".into(),
        public_url: "https://tin.example.gov.vn/".parse().expect("a URL"),
        lang: Lang::Vi,
        zone: chrono_tz::Asia::Ho_Chi_Minh,
    };
    let web = Web::new(store.clone(), Clock::set_to(start), tokens, site);
    let began = Instant::now();
    web.refresh().await.expect("rendered");
    println!("front page and feeds rendered in {:.1} ms", began.elapsed().as_secs_f64() * 1_000.0);
    let router = web.router();
    let get = async |address: &str| {
        let request = Request::get(address).header("accept-encoding", "gzip").body(Body::empty());
        let begun = Instant::now();
        let answer = router.clone().oneshot(request.expect("a request")).await.expect("an answer");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes().len();
        assert!(status.is_success(), "{status} for {address}");
        (begun.elapsed(), bytes)
    };
    let encoded =
        |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let ids: Vec<String> = {
        let places = store.search(&every, SearchPlace::END, 2_000).await.expect("places");
        let found = store.items_at(&places).await.expect("items");
        found.into_iter().map(|(_, item)| item.id.to_string()).collect()
    };
    let known = words.len() - 20_000;
    let mut all = Vec::new();
    type Make<'a> = Box<dyn FnMut(&mut Dice) -> String + 'a>;
    let kinds: Vec<(&str, Make<'_>)> = vec![
        ("one word, common ones often", Box::new(|dice| words[zipf(dice, known)].clone())),
        (
            "one word without accents",
            Box::new(|dice| bantin_model::query::fold(&words[zipf(dice, known)])),
        ),
        ("a word that stands in every item", Box::new(|_| "của".to_owned())),
        (
            "two words",
            Box::new(|dice| format!("{} {}", words[dice.roll(known)], words[dice.roll(known)])),
        ),
        (
            "four words without accents",
            Box::new(|dice| {
                (0..4)
                    .map(|_| bantin_model::query::fold(&words[dice.roll(known)]))
                    .collect::<Vec<_>>()
                    .join(" ")
            }),
        ),
        (
            "a phrase of two",
            Box::new(|dice| {
                let at = dice.roll(known - 1);
                format!("\"{} {}\"", words[at], words[at + 1])
            }),
        ),
        (
            "a phrase of three that hardly occurs",
            Box::new(|dice| {
                format!(
                    "\"{} {} {}\"",
                    words[dice.roll(30)],
                    words[dice.roll(30)],
                    words[dice.roll(30)]
                )
            }),
        ),
        ("a rare word", Box::new(|dice| format!("mã{}", dice.roll(20_000)))),
        ("a rare word and a common one", Box::new(|dice| format!("của mã{}", dice.roll(20_000)))),
        (
            "all but common words",
            Box::new(|dice| format!("-{} -{}", words[zipf(dice, known)], words[zipf(dice, known)])),
        ),
        (
            "either of five",
            Box::new(|dice| {
                (0..5).map(|_| words[dice.roll(known)].clone()).collect::<Vec<_>>().join(" OR ")
            }),
        ),
        (
            "a document",
            Box::new(|dice| format!("{}/20{}/NĐ-CP", dice.roll(200), 10 + dice.roll(16))),
        ),
    ];
    const ROUNDS: usize = 200;
    let measured = async |what: &str, rounds: usize, address: &mut dyn FnMut(usize) -> String| {
        let mut times = Vec::new();
        if what.contains(&only) {
            for round in 0..rounds {
                times.push(get(&address(round)).await.0);
            }
            told(what, &times);
        }
        times
    };
    for (what, mut make) in kinds {
        let mut address = |_| format!("/search?q={}", encoded(&make(&mut dice)));
        all.extend(measured(what, ROUNDS, &mut address).await);
    }
    let mut address = |_| {
        let query = encoded(&words[dice.roll(known)]);
        let (source, section) = (dice.roll(SOURCES), encoded(SECTIONS[dice.roll(8)]));
        let year = 2023 + dice.roll(3);
        format!(
            "/search?q={query}&source=so-{source}&section={section}&from={year}-02-03&to={year}-11-20"
        )
    };
    all.extend(measured("a word with source, section and dates", ROUNDS, &mut address).await);
    told("all searches", &all);
    let mut item = |round| format!("/items/{}", ids[round * 7 % ids.len()]);
    measured("an item's page", 10 * ROUNDS, &mut item).await;
    measured("the front page", 10 * ROUNDS, &mut |_| "/".to_owned()).await;
    let mut source = |round| format!("/sources/so-{}", round % SOURCES);
    measured("a source's page", ROUNDS, &mut source).await;
    let (now, peak) = memory();
    println!("memory {now} MiB, at its peak {peak} MiB (with the making of the items)");
    store.close().await;
}
