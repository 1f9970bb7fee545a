//! Every word of the admin pages: each in Vietnamese, then in English.

use serde::Serialize;

use bantin_model::{Breakage, DeliveryState, Lang, SubscriberState};

macro_rules! words {
    ($($key:ident: $vi:literal, $en:literal;)*) => {
        #[derive(Debug, Serialize)]
        pub struct AdminWords { $(pub $key: &'static str,)* }
        static VI: AdminWords = AdminWords { $($key: $vi,)* };
        static EN: AdminWords = AdminWords { $($key: $en,)* };
    };
}

pub fn words(lang: Lang) -> &'static AdminWords {
    match lang {
        Lang::Vi => &VI,
        Lang::En => &EN,
    }
}

words! {
    admin: "Quản trị", "Administration";
    menu: "Trình đơn quản trị", "Administration menu";
    to_content: "Đến nội dung chính", "Skip to the content";
    overview: "Tổng quan", "Overview";
    to_overview: "Về trang tổng quan", "To the overview";
    add_source: "Thêm nguồn tin", "Add a source";
    feeds: "Bản tin", "Feeds";
    people: "Người nhận", "Subscribers";
    mails: "Thư", "Mails";
    settings: "Cài đặt", "Settings";
    log: "Nhật ký", "Audit log";
    account: "Tài khoản", "Account";
    logout: "Đăng xuất", "Log out";

    login: "Đăng nhập", "Log in";
    account_name: "Tên tài khoản", "Account name";
    password: "Mật khẩu", "Password";
    login_wrong: "Tên hoặc mật khẩu không đúng.", "The name or the password is not right.";
    login_help: "Người quản trị máy chủ tạo tài khoản và đặt lại mật khẩu bằng lệnh", "Whoever runs the server makes accounts, and sets new passwords, with";
    logged_out: "Bạn đã đăng xuất.", "You are logged out.";
    password_changed: "Mật khẩu đã được đổi. Mọi phiên đăng nhập đã kết thúc; hãy đăng nhập lại.", "The password is changed. All logins have ended; please log in again.";
    too_many: "Quá nhiều lần thử", "Too many tries";
    too_many_text: "Xin đợi ít phút rồi thử lại.", "Please wait some minutes and try again.";
    not_from_us: "Không thực hiện được", "Not done";
    not_from_us_text: "Biểu mẫu này không phải của phiên đăng nhập hiện tại. Hãy mở lại trang và thử lại.", "This form is not of your present login. Open the page again and try once more.";
    too_large: "Biểu mẫu quá lớn", "The form is too large";
    too_large_text: "Nội dung gửi đi vượt giới hạn.", "What was sent is over the limit.";
    unavailable: "Tạm thời không phục vụ được", "Out of service for the moment";
    unavailable_text: "Hệ thống đang gặp sự cố, chi tiết có trong nhật ký máy chủ. Xin thử lại sau ít phút.", "Something is wrong on our side; the server's log says what. Please try again in a few minutes.";

    sources: "Nguồn tin", "Sources";
    source: "Nguồn tin", "Source";
    broken_n: "bị hỏng", "broken";
    items: "Tin", "Items";
    active_people: "người đang nhận thư", "people getting mail";
    waiting_mails: "thư đang chờ gửi", "mails waiting";
    refused_mails: "thư bị từ chối hoặc bỏ", "mails refused or given up";
    health: "Tình trạng", "Health";
    last_poll: "Lần lấy tin gần nhất", "Last poll";
    last_good: "Lần đọc được gần nhất", "Last good poll";
    next_poll: "Lần lấy tin tới", "Next poll";
    actions: "Thao tác", "Actions";
    now: "ngay bây giờ", "now";
    since: "từ", "since";
    came: "Có từ", "Since";
    good: "Tốt", "Good";
    paused: "Tạm dừng", "Paused";
    not_polled: "Chưa lấy tin lần nào", "Not polled yet";
    poll_now: "Lấy tin ngay", "Poll now";
    pause: "Tạm dừng", "Pause";
    resume: "Tiếp tục", "Resume";
    proposal_waits: "Có đề xuất sửa đang chờ", "A proposed repair waits";
    no_sources: "Chưa có nguồn tin nào.", "There is no source yet.";
    export: "Xuất TOML", "Export as TOML";
    export_all: "Xuất mọi nguồn tin (TOML)", "Export all sources as TOML";
    of_file: "từ tệp cấu hình", "from the config file";
    of_admin: "từ trang quản trị", "from the admin pages";
    of_file_text: "Mục này do tệp cấu hình quản lý nên chỉ xem được ở đây. Muốn đổi, hãy sửa tệp rồi chạy systemctl reload bantin.", "This is managed by the config file, so it is read-only here. To change it, edit the file and run systemctl reload bantin.";
    next_digests: "Các số bản tin sắp gửi", "Next digests";
    no_digests: "Không có số nào được hẹn giờ.", "None is scheduled.";
    subscriptions_n: "đăng ký", "subscriptions";
    by_day: "Theo ngày", "By day";
    items_by_day: "Tin mới trong 30 ngày", "New items in 30 days";
    mails_by_day: "Thư trong 30 ngày", "Mails in 30 days";
    sent_n: "Đã gửi", "Sent";
    failed_n: "Không gửi được", "Not delivered";
    as_table: "Xem dạng bảng", "As a table";
    day: "Ngày", "Day";
    held_since: "Hàng đợi thư bị giữ từ", "The mail queue is held since";

    edit: "Sửa", "Edit";
    state: "Trạng thái", "State";
    schedule: "Lịch lấy tin", "Schedule";
    adaptive: "tự điều chỉnh", "adaptive";
    rows_n: "Số dòng trong danh sách", "Rows in the list";
    failures: "Số lần liên tiếp không đọc được", "Polls in a row without a row";
    problems: "Vấn đề của lần lấy tin gần nhất", "Problems of the last poll";
    mended: "Bantin đã tự sửa lúc", "Mended by bantin itself at";
    found: "Cách đọc do bantin tự tìm", "The recipe that bantin found";
    found_text: "Được dùng từ", "In use since";
    proposal: "Đề xuất sửa", "Proposed repair";
    proposal_text: "Trang nguồn đã thay đổi. Bantin tìm thấy danh sách ở chỗ khác trên trang, lúc", "The portal's page has changed. Bantin found the list elsewhere on it, at";
    evidence: "Căn cứ", "Evidence";
    rows_before: "Trước khi hỏng: trang đã lưu, đọc như hiện nay", "Before the break: the kept page as it was read";
    rows_after: "Sau khi hỏng: trang đã lưu, đọc theo đề xuất", "After the break: the kept page as the proposal reads it";
    none_kept: "Không có trang nào được lưu, hoặc không đọc được dòng nào.", "No page is kept, or no row is read of it.";
    recipe: "Cách đọc", "Recipe";
    accept: "Đồng ý, dùng cách đọc này", "Accept: use this recipe";
    refuse: "Không dùng", "Refuse it";
    items_held: "Tin bị giữ lại", "Items held";
    items_held_text: "Có quá nhiều tin mới cùng lúc, hoặc chưa rõ là tin mới hay tin cũ. Tin được thả sẽ vào bản tin nhưng không gửi qua thư. Giới hạn mỗi lần:", "Too many new items came at once, or it is not sure that they are new. Released, they are in the feeds and are not mailed. The limit of one poll:";
    release_items: "Thả các tin này", "Release them";
    kept_pages: "Trang đã lưu", "Kept pages";
    kept_good: "Mã nguồn trang đọc được gần nhất", "Source of the last good page";
    kept_bad: "Mã nguồn trang hỏng đầu tiên", "Source of the first bad page";
    written: "Viết trong tệp cấu hình", "In the words of the config file";
    delete: "Xóa", "Delete";
    delete_text: "Nguồn này sẽ không được lấy tin nữa. Các tin đã có vẫn được giữ.", "The source is polled no more. The items that it brought stay.";
    sure: "Tôi chắc chắn", "I am sure";

    address: "Địa chỉ", "Address";
    address_hint: "Trang liệt kê tin, hoặc một feed. Địa chỉ trong mạng nội bộ chỉ dùng được khi tệp cấu hình cho phép ([admin] inside).", "The page that lists the news, or a feed. An address inside the network is taken only where the config file names it ([admin] inside).";
    look: "Xem trang", "Look at it";
    look_failed: "Không lấy được trang.", "The page could not be fetched.";
    has_feeds: "Trang có feed riêng, có thể ổn định hơn:", "The page has feeds of its own, which may be steadier:";
    use_feed: "Dùng", "Use";
    blocks: "Danh sách tin là khối nào?", "Which block is the list of news?";
    blocks_text: "Xếp theo điểm, cao nhất trước. Chọn khối khác rồi nhấn Xem thử.", "By score, the best first. Choose another one and press Preview.";
    rows_word: "dòng", "rows";
    won: "điểm cao nhất", "the best score";
    score: "Điểm", "Score";
    why: "Vì sao?", "Why?";
    own_selector: "Bộ chọn riêng", "A selector of your own";
    rows_read: "Các dòng đọc được", "Rows read";
    with_date: "có ngày", "with a date";
    rows_text: "Chọn một dòng để đọc thử bài của dòng đó.", "Choose the row whose article is read below.";
    no_date: "không có ngày", "no date";
    no_title: "không có tiêu đề", "no title";
    on_the_portal: "Trên cổng thông tin", "On the portal";
    has_picture: "có ảnh", "with a picture";
    parts: "Các phần của một dòng", "The parts of a row";
    parts_text: "Nếu phần nào bị đọc sai, hãy chọn đúng phần đó ở đây.", "Where a part is read wrongly, choose here what it really is.";
    part_item: "Mỗi dòng (item)", "Each row (item)";
    part_link: "Liên kết đến bài", "Link to the article";
    part_title: "Tiêu đề", "Title";
    part_date: "Ngày đăng", "Date";
    part_lead: "Tóm tắt", "Short text";
    part_image: "Ảnh", "Picture";
    part_next: "Liên kết sang trang cũ hơn", "Link to older rows";
    part_body: "Nội dung", "Text";
    part_byline: "Tác giả", "Byline";
    part_section: "Chuyên mục", "Section";
    part_drop: "Bỏ khỏi trang", "Taken out of the page";
    part_drop_hint: "Mỗi dòng một bộ chọn CSS.", "One CSS selector a line.";
    date_format: "Mẫu ngày", "Pattern of the date";
    date_format_hint: "Mẫu strftime, ví dụ %d/%m/%Y %H:%M; thường để trống.", "A strftime pattern such as %d/%m/%Y %H:%M; mostly left empty.";
    by_itself: "Để bantin tự tìm", "Found by bantin";
    in_rows: "số dòng có:", "in rows:";
    selectors: "Bộ chọn CSS", "CSS selectors";
    selectors_text: "Điền vào đây sẽ thay cho lựa chọn ở trên. Với JSON, đây là đường dẫn trong JSON.", "What is written here takes the place of the choices above. For JSON these are paths into it.";
    listing: "Trang danh sách", "The list";
    article: "Trang bài viết", "The article";
    article_read: "Một bài đọc thử", "One article read";
    no_article: "Không đọc được bài nào.", "No article was read.";
    pictures: "ảnh", "pictures";
    the_source: "Nguồn tin", "The source";
    id: "Mã", "Id";
    id_hint: "Chữ thường không dấu, số, gạch nối. Không đổi được về sau.", "Small letters, digits and hyphens. It cannot be changed later.";
    name: "Tên", "Name";
    kind: "Loại", "Kind";
    kind_auto: "Tự nhận biết", "By what comes";
    kind_page: "Trang HTML", "HTML page";
    kind_feed: "Feed (RSS, Atom, JSON Feed)", "Feed (RSS, Atom, JSON Feed)";
    kind_sitemap: "Sitemap", "Sitemap";
    kind_json: "JSON khác", "Other JSON";
    schedule_hint: "\"adaptive\", hoặc dòng cron: */15 6-20 * * Mon-Fri", "\"adaptive\", or a cron line: */15 6-20 * * Mon-Fri";
    zone: "Múi giờ", "Time zone";
    repair: "Khi trang nguồn đổi giao diện", "After a redesign of the portal";
    repair_propose: "Đề xuất sửa, chờ tôi đồng ý", "Propose a repair and wait for me";
    repair_use: "Tự sửa và báo lại", "Repair it at once and tell me";
    max_new: "Số tin mới tối đa mỗi lần", "New items at once, at most";
    max_new_hint: "Nhiều hơn thì giữ lại chờ duyệt.", "More are held for you to look at.";
    preview: "Xem thử", "Preview";
    save: "Lưu", "Save";

    mistakes: "Cần sửa những chỗ sau", "Please correct this";
    mistake_prefix: "Lỗi: ", "Mistake: ";
    taken: "Mã hoặc tên này đã được dùng.", "This id or name is taken.";
    bad_name: "Mã hoặc tên không hợp lệ", "The id or name will not do";
    bad_url: "Địa chỉ không hợp lệ", "This is no address";
    bad_schedule: "Lịch không hợp lệ", "This is no schedule";
    bad_zone: "Không có múi giờ này", "There is no such time zone";
    bad_number: "Số không hợp lệ", "This number will not do";
    bad_query: "Truy vấn không hợp lệ", "The query cannot be read";
    bad_text: "Văn bản không hợp lệ", "This text will not do";
    bad_format: "Mẫu ngày không hợp lệ", "This is no pattern of a date";
    bad_selector: "Bộ chọn không hợp lệ", "The selector cannot be read";

    feed: "Bản tin", "Feed";
    add_feed: "Thêm bản tin", "Add a feed";
    no_feeds: "Chưa có bản tin nào.", "There is no feed yet.";
    managed_by: "Quản lý", "Managed";
    everything: "mọi tin", "everything";
    query: "Truy vấn", "Query";
    query_hint: "Từ, \"cụm từ\", AND, OR, NOT, source:MÃ, section:TÊN, after:NĂM-THÁNG-NGÀY. Để trống là mọi tin.", "Words, \"phrases\", AND, OR, NOT, source:ID, section:NAME, after:YYYY-MM-DD. Empty means everything.";
    feed_name: "Tên trong địa chỉ", "Name in the address";
    feed_name_hint: "Chữ thường không dấu, số, gạch nối. Không đổi được về sau.", "Small letters, digits and hyphens. It cannot be changed later.";
    title: "Tiêu đề", "Title";
    description: "Mô tả", "Description";
    language: "Ngôn ngữ", "Language";
    feed_items: "Luôn giữ số tin mới nhất", "The newest so many items are always in it";
    feed_days: "và mọi tin trong số ngày gần đây", "and all of the last so many days";
    matches: "Tin khớp trong 30 ngày qua", "Items that match in the last 30 days";
    delete_feed_text: "Người đã đăng ký bản tin này sẽ không nhận được gì từ nó nữa, và địa chỉ của nó không còn.", "Whoever subscribed to it gets nothing of it any more, and its address is gone.";

    search_people: "Tìm theo địa chỉ, tên hoặc nhóm", "Search by address, name or group";
    search: "Tìm", "Search";
    any: "Tất cả", "All";
    group: "Nhóm", "Group";
    group_name: "Tên nhóm (để trống là không có nhóm)", "Name of the group (empty: none)";
    mail_address: "Địa chỉ thư", "Mail address";
    nobody: "Không có ai.", "Nobody.";
    further: "Tiếp", "Further";
    person: "Người nhận", "Subscriber";
    person_name: "Tên", "Name";
    confirmed: "Xác nhận lúc", "Confirmed";
    subscriptions: "Các đăng ký", "Subscriptions";
    no_subscriptions: "Không có đăng ký nào.", "There is none.";
    what: "Nội dung", "What";
    when: "Khi nào", "When";
    next_time: "Lần tới", "Next";
    until: "Đến ngày", "Until";
    forgive: "Gửi lại cho địa chỉ này", "Let it get mail again";
    remove: "Cho ngừng nhận", "Remove";
    remove_text: "Mọi đăng ký kết thúc và thư đang chờ bị bỏ. Người này có thể tự đăng ký lại.", "All subscriptions end and what waits is dropped. They may subscribe again themselves.";
    all_mails: "Mọi thư của người này", "All mails to them";
    no_mails: "Không có thư nào.", "There is no mail.";

    hold: "Giữ hàng đợi thư", "Hold the mail queue";
    hold_text: "Không thư nào được gửi cho đến khi thả. Các số bản tin vẫn được soạn và chờ.", "No mail is sent until it is released. Digests are made and wait.";
    held_by_hand: "giữ bằng tay", "held by hand";
    by_hand: "do người quản trị", "by an admin";
    reason: "Lý do", "Reason";
    release: "Thả hàng đợi", "Release the queue";
    choose: "Chọn", "Choose";
    to: "Gửi đến", "To";
    subject: "Tiêu đề thư", "Subject";
    server_said: "Máy chủ thư trả lời", "The server said";
    tries: "lần thử", "tries";
    resend: "Gửi lại các thư đã chọn", "Send the chosen ones again";
    sent_too: "Gửi lại cả những thư đã gửi được", "Also those that were sent";
    cancel: "Bỏ các thư đã chọn khỏi hàng đợi", "Take the chosen ones out of the queue";
    older: "Cũ hơn", "Older";
    newest: "Mới nhất", "Newest";

    settings_text: "Các cài đặt đang có hiệu lực. Muốn đổi, hãy sửa tệp cấu hình rồi chạy systemctl reload bantin:", "The settings in force. To change them, edit the config file and run systemctl reload bantin:";
    key: "Khóa", "Key";
    value: "Giá trị", "Value";
    comes_from: "Từ đâu", "Comes from";
    default: "mặc định", "default";
    line: "dòng", "line";
    credential: "credential của systemd", "systemd credential";

    at: "Lúc", "At";
    by: "Ai", "Who";
    detail: "Chi tiết", "Detail";
    no_entries: "Chưa có gì.", "There is nothing yet.";

    change_password: "Đổi mật khẩu", "Change the password";
    password_set: "Mật khẩu được đặt lúc", "The password was set at";
    password_text: "Đổi mật khẩu sẽ kết thúc mọi phiên đăng nhập, kể cả phiên này.", "A new password ends all logins, this one too.";
    old_password: "Mật khẩu hiện tại", "Present password";
    new_password: "Mật khẩu mới", "New password";
    again: "Mật khẩu mới, lần nữa", "New password again";
    password_least: "Số ký tự ít nhất:", "Characters at least:";
    old_wrong: "Mật khẩu hiện tại không đúng.", "The present password is not right.";
    again_wrong: "Hai lần nhập không giống nhau.", "The two are not the same.";
    password_short: "Mật khẩu quá ngắn. Vài từ ghép lại thì dài mà dễ nhớ.", "The password is too short. A few words in a row are long and easy to remember.";
    password_long: "Mật khẩu quá dài.", "The password is too long.";
    password_common: "Mật khẩu này thuộc loại bị đoán trước tiên.", "This is one of the passwords that are tried first.";
    logins: "Các phiên đăng nhập", "Logins";
    last_used: "Dùng lần cuối", "Last used";
}

pub fn broken(why: Breakage, lang: Lang) -> &'static str {
    let (vi, en) = match why {
        Breakage::FetchFailed => ("Không lấy được trang", "Fetch failed"),
        Breakage::Blocked => ("Bị chặn", "Blocked"),
        Breakage::LayoutGone => ("Giao diện đã đổi", "Layout gone"),
        Breakage::ListEmpty => ("Danh sách trống", "List empty"),
        Breakage::RowsCollapsed => ("Số dòng giảm mạnh", "Rows collapsed"),
        Breakage::DatesGone => ("Mất ngày đăng", "Dates gone"),
        Breakage::NotAListing => ("Không phải trang danh sách", "Not a listing"),
        Breakage::Gone => ("Trang đã bị gỡ bỏ", "Gone"),
    };
    in_lang(vi, en, lang)
}

pub fn delivery(state: DeliveryState, lang: Lang) -> &'static str {
    let (vi, en) = match state {
        DeliveryState::Waiting => ("đang chờ", "waiting"),
        DeliveryState::Sending => ("đang gửi", "being sent"),
        DeliveryState::Sent => ("đã gửi", "sent"),
        DeliveryState::Refused => ("bị từ chối", "refused"),
        DeliveryState::GivenUp => ("đã bỏ", "given up"),
    };
    in_lang(vi, en, lang)
}

pub fn subscriber(state: SubscriberState, lang: Lang) -> &'static str {
    let (vi, en) = match state {
        SubscriberState::Pending => ("chờ xác nhận", "pending"),
        SubscriberState::Active => ("đang nhận", "active"),
        SubscriberState::Paused => ("tạm dừng", "paused"),
        SubscriberState::Left => ("đã ngừng", "left"),
        SubscriberState::Bouncing => ("thư bị trả lại", "bouncing"),
    };
    in_lang(vi, en, lang)
}

fn in_lang(vi: &'static str, en: &'static str, lang: Lang) -> &'static str {
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

/// What happened, as the audit log has it and as a page tells it once it is done.
const EVENTS: &[(&str, &str, &str)] = &[
    ("login", "Đăng nhập", "Logged in"),
    ("logout", "Đăng xuất", "Logged out"),
    ("login-failed", "Đăng nhập sai", "Login failed"),
    ("password-refused", "Nhập sai mật khẩu hiện tại", "Present password was wrong"),
    ("password-changed", "Đổi mật khẩu", "Password changed"),
    ("account-added", "Thêm tài khoản", "Account added"),
    ("account-removed", "Xóa tài khoản", "Account removed"),
    ("source-added", "Đã thêm nguồn tin", "Source added"),
    ("source-changed", "Đã sửa nguồn tin", "Source changed"),
    ("source-deleted", "Đã xóa nguồn tin", "Source deleted"),
    ("source-polled", "Đã yêu cầu lấy tin ngay", "Poll asked for"),
    ("source-paused", "Đã tạm dừng nguồn tin", "Source paused"),
    ("source-resumed", "Nguồn tin được lấy tin tiếp", "Source resumed"),
    ("repair-accepted", "Đã đồng ý đề xuất sửa", "Repair accepted"),
    ("repair-refused", "Đã bỏ đề xuất sửa", "Repair refused"),
    ("held-released", "Đã thả các tin bị giữ", "Held items released"),
    ("feed-added", "Đã thêm bản tin", "Feed added"),
    ("feed-changed", "Đã sửa bản tin", "Feed changed"),
    ("feed-deleted", "Đã xóa bản tin", "Feed deleted"),
    ("subscriber-paused", "Đã tạm dừng người nhận", "Subscriber paused"),
    ("subscriber-resumed", "Người nhận được gửi tiếp", "Subscriber resumed"),
    ("subscriber-removed", "Đã cho người nhận ngừng nhận", "Subscriber removed"),
    ("bounces-forgotten", "Địa chỉ được gửi thư trở lại", "Address gets mail again"),
    ("group-set", "Đã đổi nhóm", "Group changed"),
    ("delivery-resent", "Thư đã được đưa lại vào hàng đợi", "Mails put back into the queue"),
    ("delivery-cancelled", "Thư đã được bỏ khỏi hàng đợi", "Mails taken out of the queue"),
    ("queue-held", "Giữ hàng đợi thư", "Mail queue held"),
    ("queue-released", "Thả hàng đợi thư", "Mail queue released"),
    ("held", "Giữ hàng đợi thư", "Mail queue held"),
    ("released", "Thả hàng đợi thư", "Mail queue released"),
    ("sent", "Đã gửi thư", "Mail sent"),
    ("sent again", "Thư đã được đưa lại vào hàng đợi", "Mail put back into the queue"),
    ("cancelled", "Thư đã được bỏ khỏi hàng đợi", "Mail taken out of the queue"),
    ("refused", "Thư bị từ chối", "Mail refused"),
    ("given-up", "Thư không được gửi nữa", "Mail given up"),
    ("withdrawn", "Đã gỡ tin", "Item withdrawn"),
    ("restored", "Đã đưa tin trở lại", "Item put back"),
    ("added", "Được thêm", "Added"),
    ("expired", "Hết hạn xác nhận", "Not confirmed in time"),
    ("asked", "Xin đăng ký", "Asked to subscribe"),
    ("confirmed", "Xác nhận đăng ký", "Confirmed"),
    ("changed", "Thay đổi", "Changed"),
    ("paused", "Tạm dừng", "Paused"),
    ("resumed", "Tiếp tục", "Resumed"),
    ("left", "Ngừng nhận", "Left"),
    ("erased", "Xóa dữ liệu", "Erased"),
    ("imported", "Nhập từ danh sách", "Imported"),
];

/// Further things that a page tells after a form was sent.
const TOLD: &[(&str, &str, &str)] = &[
    ("held", "Hàng đợi thư đã bị giữ.", "The mail queue is held."),
    ("released", "Hàng đợi thư đã được thả.", "The mail queue is released."),
    (
        "nothing",
        "Không có gì thay đổi: có thể ai đó đã làm trước.",
        "Nothing was changed: somebody may have done it before.",
    ),
    ("no-day", "Hãy chọn một ngày sắp tới.", "Name a day that is to come."),
    (
        "unsure",
        "Hãy đánh dấu \u{201c}Tôi chắc chắn\u{201d} trước.",
        "Tick \u{201c}I am sure\u{201d} first.",
    ),
    (
        "of-the-file",
        "Mục này do tệp cấu hình quản lý, không sửa được ở đây.",
        "This is managed by the config file and cannot be changed here.",
    ),
];

/// A word of the audit log for people; one that this program does not know stays as it is.
pub fn event(what: &str, lang: Lang) -> String {
    let known = EVENTS.iter().find(|(word, ..)| *word == what);
    known.map_or_else(|| what.to_owned(), |(_, vi, en)| in_lang(vi, en, lang).to_owned())
}

/// What a page tells first; nothing for what we did not write into the address.
pub fn done(what: &str, lang: Lang) -> &'static str {
    let known = TOLD.iter().chain(EVENTS).find(|(word, ..)| *word == what);
    known.map_or("", |(_, vi, en)| in_lang(vi, en, lang))
}
