//! Every word a person reads on our pages, one table a language; those about subscribing are in `subscribe::words`.

use serde::Serialize;

use bantin_model::Lang;

#[derive(Debug, Serialize)]
pub struct WebTexts {
    pub to_content: &'static str,
    pub home: &'static str,
    pub intro: &'static str,
    pub subscribe: &'static str,
    pub no_feeds: &'static str,
    pub no_items: &'static str,
    pub formats: &'static str,
    pub all_feeds: &'static str,
    pub read_there: &'static str,
    pub published: &'static str,
    pub by: &'static str,

    pub confirm: &'static str,
    pub confirm_text: &'static str,
    pub confirm_button: &'static str,
    pub confirmed: &'static str,
    pub confirmed_text: &'static str,
    pub confirmed_before: &'static str,
    pub not_yours: &'static str,

    pub leave: &'static str,
    pub leave_text: &'static str,
    pub leave_what: &'static str,
    pub leave_button: &'static str,
    pub left: &'static str,
    pub left_text: &'static str,

    pub hub: &'static str,
    pub hub_text: &'static str,
    pub hub_topics: &'static str,
    pub hub_closed: &'static str,

    pub not_found: &'static str,
    pub not_found_text: &'static str,
    pub not_allowed: &'static str,
    pub not_allowed_text: &'static str,
    pub unavailable: &'static str,
    pub unavailable_text: &'static str,
    pub too_slow_text: &'static str,
    pub bad_query_text: &'static str,
    pub too_many_text: &'static str,
}

pub fn texts(lang: Lang) -> &'static WebTexts {
    match lang {
        Lang::Vi => &VI,
        Lang::En => &EN,
    }
}

static VI: WebTexts = WebTexts {
    to_content: "Đến nội dung chính",
    home: "Trang chủ",
    intro: "Theo dõi các bản tin dưới đây bằng trình đọc tin: chép địa chỉ của một định dạng vào trình đọc.",
    subscribe: "Hoặc nhận tin qua thư điện tử.",
    no_feeds: "Chưa có bản tin nào.",
    no_items: "Chưa có tin nào.",
    formats: "Các định dạng",
    all_feeds: "Tất cả các bản tin (OPML)",
    read_there: "Đọc trên cổng thông tin",
    published: "Ngày đăng",
    by: "Tác giả",

    confirm: "Xác nhận đăng ký",
    confirm_text: "Nhấn nút dưới đây để bắt đầu nhận bản tin qua thư điện tử. Nếu bạn không đăng ký, hãy đóng trang này: bạn sẽ không nhận được thư nào.",
    confirm_button: "Tôi muốn nhận bản tin",
    confirmed: "Đã xác nhận",
    confirmed_text: "Bạn sẽ nhận được bản tin từ số tới. Mỗi thư đều có đường dẫn để ngừng nhận.",
    confirmed_before: "Đăng ký này đã được xác nhận từ trước.",
    not_yours: "Đường dẫn này không còn hiệu lực. Nếu muốn nhận bản tin, hãy đăng ký lại.",

    leave: "Ngừng nhận bản tin",
    leave_text: "Nhấn nút dưới đây để ngừng nhận bản tin này. Không cần đăng nhập, có hiệu lực ngay.",
    leave_what: "Bản tin",
    leave_button: "Ngừng nhận",
    left: "Đã ngừng nhận bản tin",
    left_text: "Bạn sẽ không nhận được thư nào của bản tin này nữa.",

    hub: "Hub WebSub",
    hub_text: "Địa chỉ này dành cho chương trình, không phải cho trình duyệt. Trình đọc tin có hỗ trợ WebSub (khuyến nghị của W3C) gửi POST đến đây với hub.mode, hub.topic và hub.callback để được báo ngay khi có tin mới. Mỗi đăng ký đều được kiểm tra lại với địa chỉ nhận và có hiệu lực nhiều nhất mười ngày.",
    hub_topics: "hub.topic là địa chỉ của một bản tin trên trang này (RSS, Atom hoặc JSON), hoặc danh sách các bản tin (OPML).",
    hub_closed: "Hub này hiện không nhận đăng ký.",

    not_found: "Không tìm thấy trang",
    not_found_text: "Địa chỉ này không có trang nào. Có thể đường dẫn bị sai hoặc đã hết hiệu lực.",
    not_allowed: "Không thực hiện được",
    not_allowed_text: "Trang này không nhận yêu cầu kiểu đó.",
    unavailable: "Tạm thời không phục vụ được",
    unavailable_text: "Hệ thống đang gặp sự cố. Xin thử lại sau ít phút.",
    too_slow_text: "Yêu cầu mất quá nhiều thời gian. Xin thử lại.",
    bad_query_text: "Câu tìm kiếm không hợp lệ hoặc quá dài.",
    too_many_text: "Có quá nhiều yêu cầu trong một giờ. Xin thử lại sau.",
};

static EN: WebTexts = WebTexts {
    to_content: "Skip to the content",
    home: "Home",
    intro: "Follow the feeds below with a feed reader: copy the address of one format into it.",
    subscribe: "Or get them by mail.",
    no_feeds: "There is no feed yet.",
    no_items: "There is no news yet.",
    formats: "Formats",
    all_feeds: "All feeds (OPML)",
    read_there: "Read it on the portal",
    published: "Published",
    by: "By",

    confirm: "Confirm your subscription",
    confirm_text: "Press the button to start receiving the bulletin by mail. If you did not subscribe, close this page: nothing will be sent to you.",
    confirm_button: "I want the bulletin",
    confirmed: "Confirmed",
    confirmed_text: "You will receive the bulletin from its next issue on. Each mail has a link to leave.",
    confirmed_before: "This subscription was confirmed before.",
    not_yours: "This link is no longer valid. To receive the bulletin, please subscribe again.",

    leave: "Stop receiving the bulletin",
    leave_text: "Press the button to stop receiving this bulletin. No login is needed, and it takes effect at once.",
    leave_what: "Bulletin",
    leave_button: "Stop it",
    left: "You have left",
    left_text: "You will receive no more mail of this bulletin.",

    hub: "WebSub hub",
    hub_text: "This address is for programs, not for browsers. A feed reader that knows WebSub (a W3C Recommendation) sends a POST here with hub.mode, hub.topic and hub.callback, and is then told of news at once. Each subscription is verified with its callback and lasts ten days at most.",
    hub_topics: "hub.topic is the address of a feed on this site (RSS, Atom or JSON), or of the list of feeds (OPML).",
    hub_closed: "This hub takes no subscriptions at present.",

    not_found: "Page not found",
    not_found_text: "There is no page at this address. The link may be wrong or no longer valid.",
    not_allowed: "Not possible",
    not_allowed_text: "This page does not take that kind of request.",
    unavailable: "Out of service for the moment",
    unavailable_text: "Something is wrong on our side. Please try again in a few minutes.",
    too_slow_text: "The request took too long. Please try again.",
    bad_query_text: "This is no query, or it is too long.",
    too_many_text: "Too many requests within the hour. Please try again later.",
};
