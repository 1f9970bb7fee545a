use chrono::{DateTime, Utc};
use chrono_tz::Asia::Ho_Chi_Minh;

use super::*;

const LISTING: &str = "https://tin.example.vn/tin-tuc";

/// The way on from a page at `url`, as one line: "GET /tin?page=2", or "POST /tin.aspx a=1&b=2".
fn step(url: &str, body: &str, recipe: &ListingRecipe) -> String {
    let url = Url::parse(url).expect("a test's address");
    let now: DateTime<Utc> = "2020-05-22T08:00:00Z".parse().expect("a time");
    let html =
        format!("<!doctype html><html><head><meta charset=utf-8></head><body>{body}</body></html>");
    let shown = |to: &Url| match to.as_str().strip_prefix("https://tin.example.vn") {
        Some(rest) => rest.to_owned(),
        None => to.to_string(),
    };
    match next(&html, recipe, Reading { url: &url, zone: Ho_Chi_Minh, now }) {
        None => "none".to_owned(),
        Some(OlderPageRequest::Get(to)) => format!("GET {}", shown(&to)),
        Some(OlderPageRequest::Post { url, form }) => {
            let pairs: Vec<String> =
                form.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("POST {} {}", shown(&url), pairs.join("&"))
        }
    }
}

fn rows() -> ListingRecipe {
    ListingRecipe { item: Some("ul.tin > li".to_owned()), ..ListingRecipe::default() }
}

const ROWS: &str = "<ul class=tin><li><a href=/a-1.html>Một</a> (22/5/2020)</li>\
                    <li><a href=/a-2.html>Hai</a> (21/5/2020)</li></ul>";

fn check(url: &str, body: &str, expected: &str) {
    assert_eq!(step(url, &format!("{ROWS}{body}"), &rows()), expected, "{body}");
}

#[test]
fn what_the_page_declares_is_believed() {
    check(LISTING, "<link rel=next href='/tin-tuc?page=2'>", "GET /tin-tuc?page=2");
    check(LISTING, "<a rel='nofollow next' href='?b=x9'>…</a>", "GET /tin-tuc?b=x9");
    check(LISTING, "<link rel=next href='http://tin.example.vn/tin-tuc/2'>", "GET /tin-tuc/2");
    check(
        LISTING,
        "<link rel=next href='https://www.tin.example.vn/t?page=2'>",
        "GET https://www.tin.example.vn/t?page=2",
    );
}

#[test]
fn no_way_leads_to_another_site_to_this_page_or_back() {
    for link in [
        "https://khac.example.vn/tin-tuc?page=2",
        "/tin-tuc",
        "#",
        "/tin-tuc#2",
        "javascript:void(0)",
        "mailto:a@b.vn",
    ] {
        check(LISTING, &format!("<link rel=next href='{link}'>"), "none");
        check(LISTING, &format!("<div class=paging><a href='{link}'>Trang sau</a></div>"), "none");
    }
    let third = "https://tin.example.vn/tin-tuc?page=3";
    for link in ["?page=3", "?page=2", "?page=1", "/tin-tuc", "?"] {
        check(third, &format!("<link rel=next href='{link}'>"), "none");
        check(third, &format!("<div class=paging><a href='{link}'>Tiếp</a></div>"), "none");
    }
}

#[test]
fn the_recipe_s_link_is_the_only_one_where_it_is_named() {
    let recipe = |next: &str| ListingRecipe { next: Some(next.to_owned()), ..rows() };
    let page = format!(
        "{ROWS}<link rel=next href='?page=2'><p class=cu><a href='/kho/2020-05'>Kho</a></p>"
    );
    assert_eq!(step(LISTING, &page, &recipe("p.cu a")), "GET /kho/2020-05");
    assert_eq!(step(LISTING, &page, &recipe("p.cu")), "GET /kho/2020-05");
    assert_eq!(step(LISTING, &page, &recipe("p.khac a")), "none");
    assert_eq!(step(LISTING, &page, &recipe("p >> a")), "none");
}

#[test]
fn the_number_behind_the_current_one_is_next() {
    let second = "https://tin.example.vn/tin-tuc?page=2";
    for pager in [
        "<div><a href='?page=1'>1</a> 2 <a href='?page=3'>3</a> <a href='?page=9'>9</a></div>",
        "<ul><li><a href='?page=1'>1</a></li><li class=active><a href='?page=2'>2</a></li><li><a href='?page=3'>3</a></li></ul>",
        "<p><a href='?page=1'>[1]</a> <b>[2]</b> <a href='?page=3'>[3]</a></p>",
        "<nav><a href='?page=1'>Trang 1</a><a aria-current=page href='#'>Trang 2</a><a href='?page=3'>Trang 3</a></nav>",
        "<div><a href='/tin-tuc'>1</a><a class=selected>2</a><a href='?page=3'>3</a><a href='?page=4'>4</a></div>",
        "<table><tr><td><a href='?page=1'>1</a></td><td><span>2</span></td><td><a href='?page=3'>3</a></td></tr></table>",
        "<div>Tổng số 45 tin. Trang 2 / 3: <a href='?page=1'>1</a> <span>2</span> <a href='?page=3'>3</a></div>",
        "<div><a href='?page=1'>1</a><a href='?page=2'>2</a><a href='?page=3'>3</a></div>",
    ] {
        check(second, pager, "GET /tin-tuc?page=3");
    }
    check(LISTING, "<div>1 <a href='?page=2'>2</a></div>", "GET /tin-tuc?page=2");
    check(
        LISTING,
        "<div><a href='?page=1'>1</a><a href='?page=2'>2</a></div>",
        "GET /tin-tuc?page=2",
    );
    check(
        LISTING,
        "<div>1 <a href='?start=20'>2</a> <a href='?start=40'>3</a></div>",
        "GET /tin-tuc?start=20",
    );
    // Counted from 0 in the address, from 1 on the page.
    check(
        LISTING,
        "<div><b>1</b> <a href='?page=1'>2</a> <a href='?page=2'>3</a></div>",
        "GET /tin-tuc?page=1",
    );
    check(
        LISTING,
        "<div><b>1</b> <a href='/muc-5-trang-2.htm'>2</a> <a href='/muc-5-trang-3.htm'>3</a></div>",
        "GET /muc-5-trang-2.htm",
    );
}

#[test]
fn behind_the_last_number_there_is_nothing() {
    let third = "https://tin.example.vn/tin-tuc?page=3";
    check(
        third,
        "<div><a href='?page=1'>1</a> <a href='?page=2'>2</a> <span>3</span></div>",
        "none",
    );
    check(
        third,
        "<ul class=pagination><li><a href='?page=2'>«</a></li><li><a href='?page=1'>1</a></li><li><a href='?page=2'>2</a></li>\
         <li class=active><a href='?page=3'>3</a></li><li class=disabled><a href='?page=4'>»</a></li></ul>",
        "none",
    );
}

#[test]
fn numbers_that_are_no_pages_lead_nowhere() {
    // The most read, by rank.
    check(
        LISTING,
        "<ol><li><a href='/mot-c1.html'>1</a></li><li><a href='/bai-hai.html'>2</a></li><li><a href='/ba.html'>3</a></li></ol>",
        "none",
    );
    // Pictures of a carousel.
    check(LISTING, "<div class=carousel-dots><b>1</b> <a href='/anh?page=2'>2</a></div>", "none");
    check(LISTING, "<div><b>1</b> <a href='#anh2'>2</a> <a href='#anh3'>3</a></div>", "none");
    let days: String =
        (1..=31).map(|day| format!("<td><a href='?page={day}'>{day}</a></td>")).collect();
    check(
        "https://tin.example.vn/khac",
        &format!("<table><tr>{days}</tr></table>").replace('?', "/lich?"),
        "none",
    );
}

#[test]
fn of_several_pagers_the_one_behind_the_rows_counts() {
    let other = "<div><b>1</b> <a href='?thongbao_page=2'>2</a></div>";
    let body = format!("{other}{ROWS}<div><b>1</b> <a href='?page=2'>2</a></div>{other}");
    assert_eq!(step(LISTING, &body, &rows()), "GET /tin-tuc?page=2");
}

#[test]
fn words_turn_pages_where_something_speaks_for_a_pager() {
    let second = "https://tin.example.vn/tin-tuc?page=2";
    for pager in [
        "<div><a href='?page=1'>Trang trước</a> | <a href='?page=3'>Trang sau</a></div>",
        "<div><a href='?page=1'>&lt;</a> <a href='?page=3'>&gt;</a> <a href='?page=9'>&gt;&gt;</a></div>",
        "<div><a href='?page=1'>‹</a> <a href='?page=9'>»</a> <a href='?page=3'>›</a></div>",
        "<div>Trang 2/9 <a href='?page=1'>«</a> <a href='?page=3'>»</a> <a href='?page=9'>»»</a> <a href='?page=9'>Cuối</a></div>",
        "<p class=btnMore><a href='?page=3'>Xem thêm</a></p>",
        "<p><a href='?page=3'>Cũ hơn »</a></p>",
        "<p><a href='?page=3'><img src=/next.gif alt='Trang kế'></a></p>",
        "<p><a href='?page=9' title='Trang cuối'>&gt;</a><a href='?page=3' title='Trang sau'><i class='fa fa-angle-right'></i></a></p>",
    ] {
        check(second, pager, "GET /tin-tuc?page=3");
    }
    check(
        "https://tin.example.vn/phap-luat.html",
        "<p><a href='/phap-luat/trang2.html'>Xem thêm</a></p>",
        "GET /phap-luat/trang2.html",
    );
    check(
        LISTING,
        "<div class=nav-previous><a href='/tin-tuc?before=88'>Older posts</a></div>",
        "GET /tin-tuc?before=88",
    );
}

#[test]
fn the_same_words_elsewhere_turn_nothing() {
    // More of another section, the way from article to article, a carousel.
    check(LISTING, "<div class=more><a href='/van-ban'>Xem thêm</a></div>", "none");
    check(LISTING, "<div><a href='/a-9.html'>Bài tiếp theo</a></div>", "none");
    check(
        LISTING,
        "<div class=owl-nav><a href='/tin-tuc/1.html'>‹</a><a href='/tin-tuc/3.html'>›</a></div>",
        "none",
    );
    check(
        LISTING,
        "<div><a class=prev href='#hinh'>‹</a><a class=next href='#hinh'>›</a></div>",
        "none",
    );
    check(LISTING, "<p>Trang chủ <a href='/so'>›</a> <a href='/so/tin'>›</a></p>", "none");
    check(LISTING, "<div class=paging><a href='?page=9'>Trang cuối</a></div>", "none");
}

#[test]
fn at_last_an_address_that_goes_on_will_do() {
    check(
        LISTING,
        "<p><a href='/tin-tuc/page/2/'>Những tin đã đưa</a></p>",
        "GET /tin-tuc/page/2/",
    );
    check(
        "https://tin.example.vn/tin-tuc?page=4",
        "<a href='?page=3'>x</a><a href='?page=5'>y</a><a href='?page=9'>z</a>",
        "GET /tin-tuc?page=5",
    );
    check(
        "https://tin.example.vn/tin-tuc?page=4",
        "<a href='?page=3'>x</a><a href='?page=9'>z</a>",
        "none",
    );
    check(
        LISTING,
        "<a href='?start=20'>x</a> <a href='?start=0'>y</a> <a href='?start=40'>z</a>",
        "GET /tin-tuc?start=20",
    );
    check(LISTING, "<a href='?page=1'>Đầu trang</a>", "none");
    check(
        "https://tin.example.vn/tin-tuc/tabid/55/Default.aspx",
        "<a href='/tin-tuc/tabid/55/pageindex/2/Default.aspx'>x</a>",
        "GET /tin-tuc/tabid/55/pageindex/2/Default.aspx",
    );
    check(
        "https://tin.example.vn/so/Lists/Tin/View.aspx",
        "<a href='javascript:' onclick=\"javascript:RefreshPageTo(event, '\\u002fso\\u002fLists\\u002fTin\\u002fView.aspx?Paged=TRUE\\u0026p_ID=30\\u0026PageFirstRow=31');\"><img alt='x'></a>\
         <a href='javascript:' onclick=\"javascript:RefreshPageTo(event, '/so/Lists/Tin/View.aspx?Paged=TRUE\\u0026PagedPrev=TRUE\\u0026p_ID=30\\u0026PageFirstRow=1');\"><img alt='y'></a>",
        "GET /so/Lists/Tin/View.aspx?Paged=TRUE&p_ID=30&PageFirstRow=31",
    );
}

/// An ASP.NET page with this in its form.
fn asp(inner: &str) -> String {
    format!(
        "<form method=post action='./tin.aspx?cat=1' id=aspnetForm>\
         <input type=hidden name=__EVENTTARGET value=''><input type=hidden name=__EVENTARGUMENT value=''>\
         <input type=hidden name=__VIEWSTATE value='/wEP+x='>{ROWS}{inner}</form>"
    )
}

fn check_asp(inner: &str, expected: &str) {
    assert_eq!(
        step("https://tin.example.vn/portal/tin.aspx", &asp(inner), &rows()),
        expected,
        "{inner}"
    );
}

#[test]
fn a_postback_sends_the_form_as_a_browser_would() {
    check_asp(
        "<input name=tu value='từ khoá'><input type=checkbox name=a checked><input type=checkbox name=b>\
         <input type=radio name=c value=1><input type=radio name=c value=2 checked>\
         <select name=d><option value=7>Bảy<option selected>Tám</select><select name=e><option value=1>x<option>y</select>\
         <textarea name=f>ghi</textarea><input type=submit name=tim value=Tìm><input type=file name=g><input name=h disabled value=1>\
         <table><tr><td><span>1</span></td><td><a href=\"javascript:__doPostBack('ctl00$gv','Page$2')\">2</a></td></tr></table>",
        "POST /portal/tin.aspx?cat=1 __EVENTTARGET=ctl00$gv&__EVENTARGUMENT=Page$2&__VIEWSTATE=/wEP+x=&tu=từ khoá&a=on&c=2&d=Tám&e=1&f=ghi",
    );
}

#[test]
fn postbacks_of_every_spelling_are_read() {
    let to = |target: &str, argument: &str| {
        format!(
            "POST /portal/tin.aspx?cat=1 __EVENTTARGET={target}&__EVENTARGUMENT={argument}&__VIEWSTATE=/wEP+x="
        )
    };
    check_asp(
        "<div class=pager><a href=\"javascript:__doPostBack(&#39;ctl00$Pager$next&#39;,&#39;&#39;)\">Trang sau</a></div>",
        &to("ctl00$Pager$next", ""),
    );
    check_asp(
        "<div><a href='javascript:__doPostBack(%27p%27,%27Page$2%27)'>&gt;</a></div>",
        &to("p", "Page$2"),
    );
    check_asp(
        "<div><a href='#' onclick=\"__doPostBack('ctl00$Pager','2');return false\">2</a> Trang 1</div>",
        &to("ctl00$Pager", "2"),
    );
    check_asp(
        "<div>1 <a href='javascript:WebForm_DoPostBackWithOptions(new WebForm_PostBackOptions(\"ctl00$lnk2\", \"\", true, \"\", \"\", false, true))'>2</a> \
         <a href='javascript:WebForm_DoPostBackWithOptions(new WebForm_PostBackOptions(\"ctl00$lnk3\", \"\", true, \"\", \"\", false, true))'>3</a></div>",
        &to("ctl00$lnk2", ""),
    );
    // A window of ten numbers, and dots after them.
    let numbers: String = (1..=9)
        .map(|n| format!("<td><a href=\"javascript:__doPostBack('gv','Page${n}')\">{n}</a></td>"))
        .collect();
    check_asp(
        &format!(
            "<table><tr>{numbers}<td><span>10</span></td><td><a href=\"javascript:__doPostBack('gv','Page$11')\">...</a></td></tr></table>"
        ),
        &to("gv", "Page$11"),
    );
}

#[test]
fn buttons_turn_pages_too() {
    check_asp(
        "<div class=phantrang><input type=submit name=truoc value='Trang trước' disabled><input type=submit name=sau value='Trang sau'></div>",
        "POST /portal/tin.aspx?cat=1 __EVENTTARGET=&__EVENTARGUMENT=&__VIEWSTATE=/wEP+x=&sau=Trang sau",
    );
    check_asp(
        "<div class=phantrang><input type=image name=sau alt='Trang sau' src=/n.gif></div>",
        "POST /portal/tin.aspx?cat=1 __EVENTTARGET=&__EVENTARGUMENT=&__VIEWSTATE=/wEP+x=&sau.x=1&sau.y=1",
    );
    check(
        LISTING,
        "<form action=/tin-tuc><input type=hidden name=cat value=1><b>1</b> <button name=page value=2>2</button></form>",
        "GET /tin-tuc?cat=1&page=2",
    );
}

#[test]
fn the_form_around_the_link_is_the_one_that_is_sent() {
    let search = "<form action=/tim><input name=q></form>";
    let body = format!(
        "{search}{}",
        asp("<div>1 <a href=\"javascript:__doPostBack('gv','Page$2')\">2</a></div>")
    );
    assert_eq!(
        step("https://tin.example.vn/portal/tin.aspx", &body, &rows()),
        "POST /portal/tin.aspx?cat=1 __EVENTTARGET=gv&__EVENTARGUMENT=Page$2&__VIEWSTATE=/wEP+x="
    );
    check_asp("<a href=\"javascript:__doPostBack('btnSau','')\">Đăng xuất</a>", "none");
    // A form of another site is not sent.
    let foreign = asp("<div>1 <a href=\"javascript:__doPostBack('gv','Page$2')\">2</a></div>")
        .replace("./tin.aspx", "https://khac.example.vn/");
    assert_eq!(step(LISTING, &foreign, &rows()), "none");
}

#[test]
fn no_page_is_too_odd_or_too_large() {
    for many in [
        "<a href='?page=1'>1</a>".repeat(60_000),
        "<div><a href='?page=1'>1</a>".repeat(400) + &"<b></b>".repeat(100_000),
        "<a href=\"javascript:__doPostBack('a','Page$2')\">Tiếp</a>".repeat(40_000),
        format!("<form>{}<a href=\"javascript:__doPostBack('a','')\">Trang sau</a>", "<input name=a>".repeat(9_000)),
        format!("<form>{}</form>", "<form><input name=a><a href=x>sau</a></form>".repeat(20_000)),
        format!("<a onclick=\"__doPostBack('{}\">Trang sau</a>", "\\u".repeat(100_000)),
        "<a href='/page/'>Trang sau</a><a href='/2'>2</a><a href='/trang/99999999999999999999'>3</a>".to_owned(),
    ] {
        step(LISTING, &many, &rows());
    }
}

proptest::proptest! {
    #[test]
    fn no_markup_panics(
        body in "(<(a|b|li|form|input|button) ?(href|onclick|name|class|rel)?='?(\\?page=[0-9]|javascript:__doPostBack\\('|page|next)?'?>|[0-9]|Tiếp|»|</(a|form|li)>){0,30}",
    ) {
        step(LISTING, &body, &ListingRecipe { item: Some("li".to_owned()), ..ListingRecipe::default() });
    }
}
