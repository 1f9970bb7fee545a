//! Notices as a mail: what one says, and what several say together. Plain text, since a person who mends things reads it,
//! perhaps on a terminal.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use bantin_model::notice::NoticeSource;
use bantin_model::{Breakage, Lang, Notice};

/// Subject and text of the mail for these notices, at least one, oldest first.
pub fn written(notices: &[&Notice], lang: Lang, zone: Tz) -> (String, String) {
    let told: Vec<(String, String)> =
        notices.iter().map(|notice| one(notice, lang, zone)).collect();
    let texts: Vec<&str> = told.iter().map(|(_, text)| text.as_str()).collect();
    let subject = match (told.as_slice(), lang) {
        ([(subject, _)], _) => subject.clone(),
        (several, Lang::Vi) => format!("bantin: {} việc cần biết", several.len()),
        (several, Lang::En) => format!("bantin: {} things to know", several.len()),
    };
    (subject, texts.join("\n\n----\n\n") + "\n")
}

fn one(notice: &Notice, lang: Lang, zone: Tz) -> (String, String) {
    match notice {
        Notice::Broken { about, broken, proposal } => {
            let since = clock(broken.since, about.zone);
            let (name, id, why, detail) =
                (&about.name, &about.id, cause(broken.why, lang), &broken.detail);
            match lang {
                Lang::Vi => {
                    let found = if *proposal {
                        format!(
                            "Danh sách tin dường như đã sang chỗ khác trên trang: \"bantin status {id}\" cho xem cách đọc mới.\n"
                        )
                    } else {
                        String::new()
                    };
                    (
                        format!("Nguồn {name}: {why}"),
                        format!(
                            "Từ {since}, nguồn {name} ({id}) có vấn đề: {why}.\n{detail}\n\n{found}Tin đã có vẫn được giữ nguyên. \
                             Xem thêm: bantin status {id}"
                        ),
                    )
                }
                Lang::En => {
                    let found = if *proposal {
                        format!(
                            "The list seems to stand elsewhere on the page now: \"bantin status {id}\" shows how it can be read.\n"
                        )
                    } else {
                        String::new()
                    };
                    (
                        format!("Source {name}: {why}"),
                        format!(
                            "Since {since} the source {name} ({id}) has trouble: {why}.\n{detail}\n\n{found}Its items stay as they are. \
                             For more: bantin status {id}"
                        ),
                    )
                }
            }
        }
        Notice::Recovered { about, why, since } => recovered(about, *why, *since, lang),
        Notice::Mended { about: NoticeSource { name, id, .. }, what } => match lang {
            Lang::Vi => (
                format!("Nguồn {name}: đã tự tìm lại danh sách tin"),
                format!(
                    "Trang của nguồn {name} ({id}) đã đổi, và bantin đã tìm lại được danh sách tin:\n{what}\n\nXem thêm: bantin status {id}"
                ),
            ),
            Lang::En => (
                format!("Source {name}: its list was found again"),
                format!(
                    "The page of the source {name} ({id}) has changed, and bantin has found its list again:\n{what}\n\nFor more: bantin status {id}"
                ),
            ),
        },
        Notice::ItemsHeld { about: NoticeSource { name, id, .. }, items } => match lang {
            Lang::Vi => (
                format!("Nguồn {name}: {items} tin đang được giữ lại"),
                format!(
                    "Nguồn {name} ({id}) có {items} tin mới cùng một lúc, nhiều hơn mức cho phép, hoặc có thể là tin cũ mang địa chỉ mới. Các tin này chưa được đăng và chưa được gửi.\n\nNếu là tin thật: bantin poll {id} --release-held"
                ),
            ),
            Lang::En => (
                format!("Source {name}: {items} items are held"),
                format!(
                    "The source {name} ({id}) had {items} new items at once, which is more than its limit, or they may be known items under new addresses. They are in no feed and in no mail.\n\nIf they are real: bantin poll {id} --release-held"
                ),
            ),
        },
        Notice::ItemsWithdrawn { about: NoticeSource { name, id, .. }, items } => {
            let list: Vec<String> = items
                .iter()
                .map(|(item, title)| format!("{title}\n  bantin items restore {item}"))
                .collect();
            let (count, list) = (items.len(), list.join("\n"));
            match lang {
                Lang::Vi => (
                    format!("Nguồn {name}: {count} tin đã bị gỡ"),
                    format!(
                        "Cơ quan đã gỡ {count} tin của nguồn {name} ({id}): trang của tin trả lời 410 trong hai lần xem cách nhau ít nhất một ngày, và danh sách không còn tin đó. bantin cũng đã gỡ các tin này.\n\nNếu không đúng, lệnh sau sẽ đưa tin trở lại:\n{list}"
                    ),
                ),
                Lang::En => (
                    format!("Source {name}: {count} items were withdrawn"),
                    format!(
                        "The agency took back {count} items of the source {name} ({id}): their pages answered 410 (gone for good) at two looks at least a day apart, and the listing does not show them. bantin has withdrawn them too.\n\nIf that is wrong, this puts them back:\n{list}"
                    ),
                ),
            }
        }
        Notice::TooManyGone { about: NoticeSource { name, id, .. }, items } => match lang {
            Lang::Vi => (
                format!("Nguồn {name}: {items} trang tin cùng lúc báo đã bị gỡ"),
                format!(
                    "{items} trang tin của nguồn {name} ({id}) cùng lúc trả lời 410 (đã gỡ hẳn). Có lẽ cổng thông tin bị lỗi, nên bantin không gỡ tin nào.\n\nXem các tin: bantin items gone. Nếu cơ quan đã gỡ thật: bantin items withdraw MÃ-TIN"
                ),
            ),
            Lang::En => (
                format!("Source {name}: {items} pages say at once that they are gone"),
                format!(
                    "The pages of {items} items of the source {name} ({id}) answer 410 (gone for good) at once. That is probably a mistake of the portal, and bantin has withdrawn none of them.\n\nSee which: bantin items gone. If the agency did take them back: bantin items withdraw ID"
                ),
            ),
        },
        Notice::SubscriberStopped { subscriber, kind, reason } => match lang {
            Lang::Vi => (
                format!("Người nhận số {subscriber} không còn được gửi thư"),
                format!(
                    "Người nhận số {subscriber} không còn được gửi thư ({kind}):\n{reason}\n\nXem: bantin bounce list. Nếu địa chỉ đã dùng được lại: bantin bounce forget ĐỊA-CHỈ"
                ),
            ),
            Lang::En => (
                format!("Subscriber {subscriber} gets no more mail"),
                format!(
                    "Subscriber {subscriber} gets no more mail ({kind}):\n{reason}\n\nSee: bantin bounce list. If the address works again: bantin bounce forget ADDRESS"
                ),
            ),
        },
        Notice::Unwelcome { bounces, reason } => match lang {
            Lang::Vi => (
                "Nơi nhận từ chối thư của bản tin".to_owned(),
                format!(
                    "Trong một ngày có {bounces} thư bị trả lại vì nơi nhận không muốn thư từ máy chủ này (danh sách chặn, SPF, DKIM hoặc DMARC):\n{reason}\n\nXem: bantin bounce list"
                ),
            ),
            Lang::En => (
                "Receivers refuse the bulletin's mail".to_owned(),
                format!(
                    "In one day {bounces} mails came back because their receivers want no mail from this server (a block list, SPF, DKIM or DMARC):\n{reason}\n\nSee: bantin bounce list"
                ),
            ),
        },
        Notice::MailHeld { since, reason } => {
            let since = clock(*since, zone);
            match lang {
                Lang::Vi => (
                    "Thư không gửi đi được".to_owned(),
                    format!(
                        "Từ {since}, không thư nào gửi đi được; hàng đợi đang được giữ lại:\n{reason}\n\nKhông thư nào bị mất. Cứ năm phút bantin thử lại một thư."
                    ),
                ),
                Lang::En => (
                    "Mail cannot be sent".to_owned(),
                    format!(
                        "Since {since} no mail can go, and the queue is held:\n{reason}\n\nNo mail is lost. Every five minutes bantin tries one."
                    ),
                ),
            }
        }
        Notice::Moved { about: NoticeSource { name, id, .. }, from, to } => match lang {
            Lang::Vi => (
                format!("Nguồn {name}: trang đã chuyển sang địa chỉ mới"),
                format!(
                    "Trang của nguồn {name} ({id}) đã chuyển hẳn sang địa chỉ khác. Từ nay bantin lấy tin ở địa chỉ mới:\n{from}\n→ {to}\n\nNếu đúng, hãy ghi địa chỉ mới vào cấu hình."
                ),
            ),
            Lang::En => (
                format!("Source {name}: its page has moved"),
                format!(
                    "The page of the source {name} ({id}) has moved for good. From now on bantin asks for it at its new address:\n{from}\n→ {to}\n\nIf that is right, write the new address into the config."
                ),
            ),
        },
        Notice::Offline { since, hosts } => {
            let since = clock(*since, zone);
            match lang {
                Lang::Vi => (
                    "Có lẽ đường mạng của bantin bị đứt".to_owned(),
                    format!(
                        "Từ {since}, {hosts} máy chủ cùng lúc không trả lời, nên có lẽ chính đường mạng ở đây bị đứt. Trong lúc này bantin không tính lỗi cho các nguồn và vẫn thử lại."
                    ),
                ),
                Lang::En => (
                    "bantin's own network seems to be down".to_owned(),
                    format!(
                        "Since {since} {hosts} hosts have not answered, all at once, so that our own line is probably down. Until it is back no failure is counted against a source, and bantin goes on trying."
                    ),
                ),
            }
        }
        Notice::Online { since } => {
            let since = clock(*since, zone);
            match lang {
                Lang::Vi => (
                    "Đường mạng của bantin đã thông".to_owned(),
                    format!("Các máy chủ đã trả lời trở lại; đường mạng bị đứt từ {since}."),
                ),
                Lang::En => (
                    "bantin's network is back".to_owned(),
                    format!("Hosts answer again; the line had been down since {since}."),
                ),
            }
        }
        Notice::Resting { reason, .. } => match lang {
            Lang::Vi => (
                "bantin không làm việc được".to_owned(),
                format!(
                    "Một phần công việc của bantin đang tạm dừng vì luôn gặp lỗi:\n{reason}\n\nKhông tin hay thư nào bị mất; trang web vẫn hoạt động. bantin tự làm tiếp khi lỗi hết. Xem nhật ký: journalctl -u bantin"
                ),
            ),
            Lang::En => (
                "bantin cannot work".to_owned(),
                format!(
                    "Some of bantin's work rests because it fails each time:\n{reason}\n\nNo item and no mail is lost, and the pages are served. bantin goes on by itself when the failure is over. See the log: journalctl -u bantin"
                ),
            ),
        },
        Notice::MailGoes { since } => {
            let since = clock(*since, zone);
            match lang {
                Lang::Vi => (
                    "Thư đã gửi đi được trở lại".to_owned(),
                    format!("Thư đã gửi đi được trở lại; hàng đợi bị giữ từ {since}."),
                ),
                Lang::En => (
                    "Mail can be sent again".to_owned(),
                    format!("Mail can be sent again; the queue had been held since {since}."),
                ),
            }
        }
    }
}

fn recovered(
    about: &NoticeSource,
    why: Breakage,
    since: DateTime<Utc>,
    lang: Lang,
) -> (String, String) {
    let (name, id, why, since) =
        (&about.name, &about.id, cause(why, lang), clock(since, about.zone));
    match lang {
        Lang::Vi => (
            format!("Nguồn {name}: đã đọc được trở lại"),
            format!("Nguồn {name} ({id}) đã đọc được trở lại. Vấn đề từ {since}: {why}."),
        ),
        Lang::En => (
            format!("Source {name}: it can be read again"),
            format!(
                "The source {name} ({id}) can be read again. The trouble since {since} was: {why}."
            ),
        ),
    }
}

fn cause(why: Breakage, lang: Lang) -> String {
    if lang == Lang::En {
        return why.to_string();
    }
    match why {
        Breakage::FetchFailed => "không tải được trang",
        Breakage::Blocked => "trang chặn chương trình",
        Breakage::LayoutGone => "trang đã đổi bố cục",
        Breakage::ListEmpty => "danh sách tin trống",
        Breakage::RowsCollapsed => "danh sách tin còn rất ít",
        Breakage::DatesGone => "tin không còn ngày tháng",
        Breakage::NotAListing => "không thấy danh sách tin",
        Breakage::Gone => "trang đã bị gỡ bỏ",
    }
    .to_owned()
}

fn clock(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%H:%M %d/%m/%Y").to_string()
}
