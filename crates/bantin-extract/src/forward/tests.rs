use super::*;

const OWN: &str = "https://so.example.vn/tin-tuc";

fn lead(html: &str, refresh: Option<&str>) -> String {
    let url = Url::parse(OWN).expect("a fixed address");
    match find(html, refresh, &url) {
        Some(forward) => {
            let path = forward.url.as_str().strip_prefix("https://so.example.vn");
            format!("{:?} {}", forward.way, path.unwrap_or(forward.url.as_str()))
        }
        None => "stays".to_owned(),
    }
}

fn check(html: &str, expected: &str) {
    assert_eq!(lead(html, None), expected, "{html}");
}

const LIST: &str = "<ul><li><a href='/t/1'>Hội nghị triển khai nhiệm vụ thu ngân sách quý cuối năm</a> 27/11/2026</li>\
     <li><a href='/t/2'>Đoàn công tác kiểm tra tiến độ cầu qua sông Minh</a> 26/11/2026</li></ul>";
const MENU: &str =
    "<div><a href='/'>Trang chủ</a> <a href='/gt'>Giới thiệu</a> <a href='/vb'>Văn bản</a></div>";
const FOOTER: &str = "<div>Cơ quan chủ quản: Sở Mẫu. Điện thoại: 0200.000.100</div>";

#[test]
fn a_page_that_moves_on_by_a_refresh_leads_there() {
    for (meta, to) in [
        ("<meta http-equiv='refresh' content='0; url=/portal/tin'>", "/portal/tin"),
        ("<META HTTP-EQUIV=\"Refresh\" CONTENT=\"1;URL='/portal/tin'\">", "/portal/tin"),
        ("<meta content='5;url=tin/moi' http-equiv=refresh />", "/tin/moi"),
        ("<meta http-equiv=\"refresh\" content=\"0;/portal/tin\">", "/portal/tin"),
        ("<meta http-equiv=\"refresh\" content=\"0 url = https://so.example.vn/x\">", "/x"),
        ("<meta http-equiv=refresh content='0.5, url=\"/x\"'>", "/x"),
        ("<meta http-equiv=refresh content='; url=/x'>", "/x"),
        ("<base href='/goc/'><meta http-equiv=refresh content='0;url=x'>", "/goc/x"),
        (
            "<meta http-equiv=refresh content='0;url=http://so.example.vn/tin-tuc'>",
            "http://so.example.vn/tin-tuc",
        ),
    ] {
        let page = format!(
            "<html><head><title>Sở Mẫu</title>{meta}</head><body>Đang chuyển trang… <a href='/x'>Bấm vào đây</a></body></html>"
        );
        check(&page, &format!("Refresh {to}"));
    }
    assert_eq!(lead("<html><body></body></html>", Some("0; url=/portal")), "Refresh /portal");
    assert_eq!(lead("", Some("2;URL=https://so.example.vn/b")), "Refresh /b");
}

#[test]
fn a_page_to_read_stays_whatever_it_does_later() {
    for page in [
        format!("<meta http-equiv=refresh content='300'>{LIST}"),
        format!("<meta http-equiv=refresh content='300;url={OWN}'>{LIST}"),
        "<meta http-equiv=refresh content='0;url=/tin-tuc/'>".to_owned(),
        "<meta http-equiv=refresh content='600;url=/x'>".to_owned(),
        "<meta http-equiv=refresh content='0;url=javascript:go()'>".to_owned(),
        format!("<noscript><meta http-equiv=refresh content='0;url=/khong-js'></noscript>{LIST}"),
        "<noscript><meta http-equiv=refresh content='0;url=/khong-js'></noscript>".to_owned(),
        format!("<script>function d(){{location.href='/dang-xuat'}}</script>{LIST}"),
        format!(
            "<p>{}</p><script>location.href='/x'</script>",
            "Hội nghị bàn giải pháp. ".repeat(20)
        ),
        "<h1>Thông báo</h1><p>Kính mời dự họp lúc 8 giờ.</p><script>function ve() { location.href = '/tin'; }</script>"
            .to_owned(),
        format!("<p>Kính mời các đơn vị dự họp.</p><script>{}location.href = '/x';</script>", "var a = 1;".repeat(500)),
        "<script>if (location.href == '/x') { go(); }</script>".to_owned(),
        "<script>location.href = '/x?u=' + encodeURIComponent(u);</script>".to_owned(),
        "<script>var a = location.hash; location.reload();</script>".to_owned(),
        format!("{MENU}{LIST}<iframe src='/ban-do'></iframe>{FOOTER}"),
        format!("{MENU}<iframe src='https://www.google.com/maps/embed?x'></iframe>"),
        format!("{MENU}<iframe src='https://khac.example.com/tin'></iframe>"),
        format!("{MENU}<iframe src='/dem' width=1 height=1></iframe>"),
        format!("{MENU}<iframe src='/tin' style='display: none'></iframe>"),
        format!("{MENU}<iframe src='/tep/kh31.pdf'></iframe>"),
    ] {
        check(&page, "stays");
    }
    assert_eq!(lead(LIST, Some("0; url=/portal")), "stays");
}

#[test]
fn a_page_that_is_nothing_but_a_script_leads_where_that_goes() {
    for (code, to) in [
        ("window.location.href = \"/web/guest\";", "/web/guest"),
        ("location='/a';", "/a"),
        ("document.location.replace('/a')", "/a"),
        ("top.location.assign( \"tin/a\" );", "/tin/a"),
        ("self.location = 'https://so.example.vn/a'", "/a"),
        ("<!--\nwindow.location.href='/a'\n//-->", "/a"),
        ("setTimeout(\"location.href = '/a'\", 0);", "/a"),
        ("setTimeout(function () { window.location = \"/a\" }, 100)", "/a"),
        ("location.href=\"https:\\/\\/so.example.vn\\/a\";", "/a"),
        (
            "if (screen.width < 700) location.href = 'https://m.so.example.vn/'; else location.href = '/a';",
            "/a",
        ),
        ("location.replace(`/a`)", "/a"),
        ("function di() { if (top) { x(); } location.href = '/a'; } di();", "/a"),
        ("function khac() { y(); } location.href = '/a';", "/a"),
    ] {
        check(
            &format!("<html><head><script>{code}</script></head><body></body></html>"),
            &format!("Script {to}"),
        );
    }
    check("<html><body onload=\"location.href='/a'\"><p>Xin chờ</p></body></html>", "Script /a");
}

#[test]
fn a_frameset_leads_to_its_content() {
    for (set, to) in [
        (
            "<frameset cols='20%,80%'><frame src='menu.htm'><frame src='tin.htm' name=main></frameset>",
            "/tin.htm",
        ),
        (
            "<frameset rows='100%,*'><frame src='https://that.example.org/'></frameset>",
            "https://that.example.org/",
        ),
        ("<frameset cols='200,*'><frame src='a.htm'><frame src='b.htm'></frameset>", "/b.htm"),
        (
            "<frameset rows='90,*,30'><frame src=a.htm name=top><frame src=b.htm><frame src=c.htm></frameset>",
            "/b.htm",
        ),
        (
            "<frameset rows='90,*'><frame src=a.htm><frameset cols='25%,75%'><frame src=b.htm name=trai><frame src=c.htm name=noidung></frameset></frameset>",
            "/c.htm",
        ),
    ] {
        check(
            &format!("<html><head><title>Tin</title></head>{set}</html>"),
            &format!("Frameset {to}"),
        );
    }
}

#[test]
fn a_page_that_only_surrounds_a_frame_leads_into_it() {
    for frame in [
        "<iframe src='/nhung/tin.aspx' width='100%' height='800'></iframe>",
        "<div id=main><iframe name=noidung src=\"https://www.so.example.vn/nhung/tin.aspx\" frameborder=0></iframe></div>",
        "<iframe src='/dem.htm' width=100 height=20></iframe><iframe src='/nhung/tin.aspx' height='1000px'></iframe>",
        "<iframe src='https://www.youtube.com/embed/x'></iframe><iframe src='nhung/tin.aspx'></iframe>",
    ] {
        let page = format!("<html><body>{MENU}{frame}{FOOTER}</body></html>");
        let found = lead(&page, None);
        assert!(
            found.starts_with("Frame ") && found.ends_with("/nhung/tin.aspx"),
            "{frame}: {found}"
        );
    }
}

#[test]
fn no_page_makes_it_panic() {
    for page in [
        "<meta http-equiv=refresh content='…url'>",
        "<meta http-equiv=refresh content='0;ürl=x'>",
        "<frameset cols=',,,'><frame src=x>",
        "<iframe src=x width=% height=px>",
        "<script>location='</script>",
    ] {
        lead(page, None);
        lead(page, Some("…;url='"));
    }
}
