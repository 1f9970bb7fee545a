//! The config file with which the demo's daemon reads the sample portal. It doubles as an example that can be read.

use super::Portal;

/// The text of a config.toml. `portal_base` and `public_url` are absolute addresses, with or without the last slash;
/// `mail_folder` is a path and `store_url` what `[store] url` takes.
pub fn config(portal_base: &str, public_url: &str, mail_folder: &str, store_url: &str) -> String {
    let base = portal_base.trim_end_matches('/');
    let news = quoted(&format!("{base}{}", Portal::LISTING_NEWS));
    let documents = quoted(&format!("{base}{}", Portal::LISTING_DOCUMENTS));
    let public_url = quoted(public_url);
    let transport = quoted(&format!("folder:{mail_folder}"));
    let store_url = quoted(store_url);
    format!(
        r##"# The config of "bantin demo". A real one looks the same, with the addresses of a real portal.

[server]
public_url = {public_url}
title = "Bản tin An Bình"

[store]
url = {store_url}

[mail]
transport = {transport}
from = "Bản tin An Bình <bantin@anbinh.example>"
admin = "quantri@anbinh.example"

[fetch]
# The portal is ours and on this machine; leave this out for any other.
spacing = "0s"

[[source]]
id = "tin-hoat-dong"
name = "Sở Thông tin và Truyền thông An Bình: Tin hoạt động"
url = {news}
# Six fields: each three seconds. A real source wants five, such as "*/15 6-20 * * Mon-Fri".
schedule = "*/3 * * * * *"
zone = "Asia/Ho_Chi_Minh"

[source.listing]
item = "table.MotTin"
link = "a.TieuDe"
title = "a.TieuDe"
date = "span.NgayThang"
lead = "div.TrichDan"
image = "a.AnhDaiDien img"

[source.article]
title = "h2.TieuDeTin"
date = "div.NgayCapNhat"
lead = "p.TomTat"
body = "div.NoiDungTin"
byline = "div.NoiDungTin p[align=right]"
section = "div.TieuDeMuc"
drop = ["div.CongCu", "table.BinhLuan", "div.TinKhac"]

[[source]]
id = "van-ban"
name = "Sở Thông tin và Truyền thông An Bình: Văn bản - Thông báo"
url = {documents}
schedule = "*/3 * * * * *"
zone = "Asia/Ho_Chi_Minh"

[source.listing]
item = "table.DanhSachVanBan tbody tr"
link = "td.TrichYeu a"
title = "td.TrichYeu a"
date = "td.NgayBanHanh"

[source.article]
title = "h2.TieuDeVanBan"
date = "div.NgayCapNhat"
body = "div.NoiDungVanBan"
section = "div.TieuDeMuc"

[[feed]]
name = "tin-hoat-dong"
title = "Tin hoạt động"
query = "source:tin-hoat-dong"

[[feed]]
name = "van-ban"
title = "Văn bản - Thông báo"
query = "source:van-ban"

[[feed]]
name = "tat-ca"
title = "Tất cả tin và văn bản"
query = "source:tin-hoat-dong OR source:van-ban"

[[feed]]
name = "chuyen-doi-so"
title = "Chuyển đổi số"
query = '"chuyển đổi số" OR "dịch vụ công" OR "công nghệ số"'
"##
    )
}

/// A TOML string; JSON's escapes are among TOML's. Paths may hold backslashes and quotes.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
