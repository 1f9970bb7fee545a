//! The words of a mail around its news, one table for each language. The words of the news itself
//! are in `digest_texts`.

use serde::Serialize;

use bantin_model::Lang;

#[derive(Debug, Serialize)]
pub struct MailTexts {
    pub our_page: &'static str,
    pub all_news: &'static str,
    pub on_the_web: &'static str,
    /// Why this mail came; the bulletin's name and a full stop follow.
    pub because: &'static str,
    pub preferences: &'static str,
    pub leave: &'static str,
    pub confirm_subject: &'static str,
    pub confirm_heading: &'static str,
    pub confirm_asked: &'static str,
    pub confirm_do: &'static str,
    pub confirm_button: &'static str,
    pub confirm_link: &'static str,
    pub confirm_ignore: &'static str,
    pub test_subject: &'static str,
    pub test_body: &'static str,
}

const VI: MailTexts = MailTexts {
    our_page: "Bản lưu",
    all_news: "Xem tất cả tin",
    on_the_web: "Đọc trên web",
    because: "Thư này được gửi vì địa chỉ này đã đăng ký nhận bản tin",
    preferences: "Thay đổi tin và giờ nhận",
    leave: "Thôi nhận bản tin này",
    confirm_subject: "Xác nhận đăng ký nhận tin",
    confirm_heading: "Xác nhận đăng ký nhận tin",
    confirm_asked: "Có người, có lẽ chính là bạn, đã dùng địa chỉ thư này để đăng ký nhận tin tại",
    confirm_do: "Nếu đúng là bạn, hãy mở trang sau và bấm nút xác nhận:",
    confirm_button: "Mở trang xác nhận",
    confirm_link: "Nếu nút trên không dùng được, hãy chép địa chỉ này vào trình duyệt:",
    confirm_ignore: "Nếu không phải bạn, xin bỏ qua thư này: không xác nhận thì sẽ không có thư nào khác được gửi.",
    test_subject: "Thư thử của bản tin",
    test_body: "Đây là thư thử. Nhận được thư này nghĩa là bản tin gửi được thư tới địa chỉ này.",
};

const EN: MailTexts = MailTexts {
    our_page: "Our copy",
    all_news: "See all news",
    on_the_web: "Read in the browser",
    because: "You get this mail because this address is subscribed to the bulletin",
    preferences: "Change what you get and when",
    leave: "Leave this bulletin",
    confirm_subject: "Confirm your subscription",
    confirm_heading: "Confirm your subscription",
    confirm_asked: "Somebody, probably you, has asked for news at this mail address on",
    confirm_do: "If it was you, open this page and press the button there:",
    confirm_button: "Open the page to confirm",
    confirm_link: "If the button does not work, copy this address into your browser:",
    confirm_ignore: "If it was not you, ignore this mail: unless confirmed, no other mail will be sent.",
    test_subject: "Test mail of the bulletin",
    test_body: "This is a test mail. Having received it, you know that the bulletin can send mail to this address.",
};

impl MailTexts {
    pub fn of(lang: Lang) -> &'static MailTexts {
        match lang {
            Lang::Vi => &VI,
            Lang::En => &EN,
        }
    }
}
