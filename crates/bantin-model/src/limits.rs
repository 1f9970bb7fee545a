//! Every limit bantin holds itself and others to, each with its number in this one place. Passing one is a
//! [`Problem`](crate::Problem), never a crash and never silence.

pub use bantin_extract::limits::*;

use std::ops::RangeInclusive;
use std::time::Duration;

/// Decoded bytes of robots.txt (RFC 9309 §2.5 asks for at least 500 KiB).
pub const ROBOTS_BYTES: usize = 500 * 1024;
/// Articles fetched in one poll; others wait for the next.
pub const ARTICLES_PER_POLL: usize = 30;
/// Articles fetched for one page of older rows; others wait for ordinary polls.
pub const BACKFILL_ARTICLES: usize = 30;
/// Further pages of a listing asked for at once. The next time goes on where this one ends.
pub const BACKFILL_PAGES: u32 = 10_000;
/// Times an article is tried again before its item stays with what the listing said.
pub const ARTICLE_TRIES: u32 = 6;
/// When an article of a host is refused with a time to wait, the others wait so long at most.
pub const ARTICLE_PAUSE: Duration = Duration::from_secs(10 * 60);
/// New items of one poll beyond which they are held for the admin (a redesign or a break-in), unless the source says otherwise.
pub const NEW_ITEMS_PER_POLL: u32 = 50;
/// Bytes of a listing page that is kept for repairing its recipe, compressed.
pub const KEPT_PAGE_BYTES: usize = 2 * 1024 * 1024;
/// Newest items of a source by which its list is found again after a redesign.
pub const KNOWN_ROWS: u32 = 200;
/// Characters of a feed's own text from which on it is the article, not a teaser for it.
pub const WHOLE_TEXT_CHARS: usize = 600;
/// Redirects followed for one request.
pub const REDIRECTS: usize = 5;

pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Names of portals looked up at once; each holds one of the 32 threads that also parse pages.
pub const LOOKUPS: usize = 12;
/// From sending a request to the last header of its answer.
pub const HEADERS_TIMEOUT: Duration = Duration::from_secs(20);
/// One whole fetch, redirects included.
pub const FETCH_TIMEOUT: Duration = Duration::from_secs(60);
/// A body must bring at least this much on average after its first ten seconds, in bytes a second.
pub const MIN_BYTES_PER_SECOND: u64 = 256;
/// How long a claimed source stays ours without a sign of life.
pub const POLL_LEASE: Duration = Duration::from_secs(300);
/// What servers and feeds say of how long an answer may be kept is held so far: a careless "a year" must not silence a source.
pub const LIFETIME_HELD: Duration = Duration::from_secs(4 * 3600);
/// A source that gives nothing is asked at twice the distance each time, up to the first of these; up to the second when it
/// has given nothing for so long.
pub const BACKOFF: Duration = Duration::from_secs(24 * 3600);
pub const LATE_BACKOFF: Duration = Duration::from_secs(72 * 3600);
pub const LONG_BROKEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// A page that is gone for good (410) is looked for again after so long.
pub const GONE_LOOK: Duration = Duration::from_secs(7 * 24 * 3600);
/// An item is withdrawn when its own page is gone (410) at two looks so far apart; then it is not looked at any more, and
/// otherwise so many times.
pub const GONE_APART: Duration = Duration::from_secs(24 * 3600);
pub const GONE_LOOKS: u32 = 14;
/// More items of one source than these whose pages say so within the time are a portal's mistake: nothing is withdrawn.
/// Each is looked at once a day, so that two days see all of them.
pub const GONE_AT_ONCE: usize = 5;
pub const GONE_WINDOW: Duration = Duration::from_secs(2 * 24 * 3600);
/// A permanent redirect that was the same for so long is followed without asking the old address.
pub const REDIRECT_STAYS: Duration = Duration::from_secs(7 * 24 * 3600);
/// Our own line is down when more than four of five hosts that answered within a day do not, among those asked within
/// half an hour, and there are at least so many of them.
pub const LINE_HOSTS: usize = 4;
pub const LINE_WINDOW: Duration = Duration::from_secs(30 * 60);
pub const LINE_GOOD: Duration = Duration::from_secs(24 * 3600);
/// A source whose poll the store could not record is left alone for so long: its portal is not to be asked for everything
/// again each second until a disk has room.
pub const UNRECORDED_REST: Duration = Duration::from_secs(60);

/// Entries in one page of the API, where none is asked for and at most.
pub const API_PAGE: u32 = 50;
pub const API_MAX_PAGE: u32 = 200;
/// Items looked through for one page of the API; a page that finds less goes on in the next.
pub const API_ITEMS_LOOKED_AT: usize = 5_000;

/// How long a WebSub lease lasts at most, which is also how long one lasts where none is asked for, and at least.
pub const HUB_MAX_LEASE: Duration = Duration::from_secs(10 * 86_400);
pub const HUB_MIN_LEASE: Duration = Duration::from_secs(300);
/// WebSub leases of one callback host, those that wait for verification included.
pub const HUB_LEASES_PER_HOST: u64 = 10;
/// Verifications in an hour for one callback host, and for one address. A host that others name as
/// a callback must hardly notice them.
pub const HUB_VERIFICATIONS_PER_HOST: u32 = 10;
/// WebSub subscriptions in all, and requests that wait for verification.
pub const HUB_SUBSCRIPTIONS: u64 = 10_000;
pub const HUB_REQUESTS: u64 = 1_000;
/// Requests to the hub in an hour, from one client and from all.
pub const HUB_ASKS_PER_CLIENT: u32 = 120;
pub const HUB_ASKS_PER_HOUR: u32 = 5_000;
/// Bytes of a callback's address, and of a secret (WebSub §5.1: less than 200).
pub const HUB_CALLBACK_BYTES: usize = 2_000;
pub const HUB_SECRET_BYTES: usize = 199;
/// Times a verification is begun: once, and once more if the process died meanwhile.
pub const HUB_VERIFY_TRIES: u32 = 2;
/// For a callback to answer a verification, to take a push, and to take one that it failed to take before.
pub const HUB_VERIFY_TIMEOUT: Duration = Duration::from_secs(10);
pub const HUB_PUSH_TIMEOUT: Duration = Duration::from_secs(5);
pub const HUB_RETRY_TIMEOUT: Duration = Duration::from_secs(20);
/// A push that takes longer marks its host as slow. Slow hosts share the connections of hosts that
/// failed, where they do not delay others.
pub const HUB_SLOW: Duration = Duration::from_secs(2);
/// Pushes under way at once; those to hosts that failed or were slow; those to one host. Verifications under way at once.
pub const HUB_PUSHES: usize = 128;
pub const HUB_SLOW_PUSHES: usize = 32;
pub const HUB_PUSHES_PER_HOST: usize = 4;
pub const HUB_VERIFICATIONS: usize = 32;
/// Names looked up at once for pushes; and for each of verifications and of pushes that failed before. Each holds one of
/// the 32 threads that also parse pages.
pub const HUB_LOOKUPS: usize = 6;
pub const HUB_SLOW_LOOKUPS: usize = 3;
/// Requests and pushes taken from the store at once.
pub const HUB_CLAIM: u32 = 500;
/// Changes closer together than this are pushed as one.
pub const HUB_JOIN: Duration = Duration::from_millis(300);
/// A push that failed is tried again after this time, thrice as long each time up to the greatest pause, for a day.
pub const HUB_FIRST_RETRY: Duration = Duration::from_secs(30);
pub const HUB_MAX_RETRY: Duration = Duration::from_secs(4 * 3600);
pub const HUB_PUSH_AGE: Duration = Duration::from_secs(24 * 3600);

/// Connections served at once.
pub const HTTP_CONNECTIONS: usize = 4_096;
/// Connections that wait to be accepted; the system may allow fewer (net.core.somaxconn).
pub const HTTP_BACKLOG: u32 = 4_096;
/// Connections of one client (an IPv4 address, an IPv6 /64) at once; a web server in front of us has no such limit.
pub const HTTP_CONNECTIONS_PER_CLIENT: usize = 256;
/// Threads that serve what lies in memory. Each has its share of the connections; more than the cores are no use.
pub const HTTP_LANES: usize = 8;
/// Requests at once on one HTTP/2 connection, and bytes of one request's head there.
pub const HTTP2_STREAMS: u32 = 64;
pub const HTTP2_HEAD_BYTES: u32 = 16 * 1024;
/// For a client to take some of an answer that we wait to send on.
pub const HTTP_WRITE_TIMEOUT: Duration = Duration::from_secs(20);
/// For a client to send its request line and headers.
pub const HTTP_HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// For a request's body to arrive and its answer to be made.
pub const HTTP_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// A new connection stays open for at least this long when the server stops, so that a request
/// already on its way gets its answer. Restarts take that much longer while idle connections are
/// open.
pub const HTTP_LAST_REQUEST: Duration = Duration::from_secs(1);
/// A connection is closed after its current request when it is this old, so that no client keeps
/// one for ever.
pub const HTTP_CONNECTION_AGE: Duration = Duration::from_secs(600);
/// Bytes of a posted form.
pub const FORM_BYTES: usize = 64 * 1024;
/// For PostgreSQL to answer, before its silence counts as a lost connection; and for the store to be closed at the end.
pub const OWNER_ANSWER: Duration = Duration::from_secs(30);
pub const STORE_CLOSE: Duration = Duration::from_secs(10);
/// For open requests and running jobs to end after SIGTERM.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

/// A clock that goes back by less is being adjusted, as clocks are all the time. After a larger
/// step the times that the wrong clock gave are set again.
pub const CLOCK_SLACK: Duration = Duration::from_secs(60);
/// Slots that were served by a clock ahead of the right one count as served when they lie no farther ahead than this.
pub const SERVED_AHEAD: Duration = Duration::from_secs(2 * 24 * 3600);

/// How long a mail server's reply may wait for the disk, and by that how many mails a power cut may double: those of this
/// time. A crash of the program alone doubles at most the one under way on each connection.
pub const REPLIES_SETTLED: Duration = Duration::from_millis(250);
/// A mail that could not be delivered is tried for this long.
pub const DELIVERY_AGE: Duration = Duration::from_secs(5 * 24 * 3600);
pub const DELIVERY_FIRST_RETRY: Duration = Duration::from_secs(5 * 60);
pub const DELIVERY_MAX_RETRY: Duration = Duration::from_secs(4 * 3600);
/// Messages sent over one SMTP connection before it is closed.
pub const MESSAGES_PER_CONNECTION: u32 = 100;
/// Items listed in full in one digest; all others are counted, with a link.
pub const DIGEST_ITEMS: usize = 100;
/// Items of a digest with lead and picture; further ones are a title and a date. Gmail cuts a mail off at 102 KB, and what
/// is cut off first is the link to leave.
pub const DIGEST_LEADS: usize = 30;
/// Items listed as revised in one digest; of more only the number is given. Otherwise a portal that
/// rewrites all its pages would cause them all to be mailed again.
pub const DIGEST_REVISED: usize = 10;
/// Revised items looked at for one digest.
pub const REVISED_LOOKED_AT: u32 = 200;
/// Titles shown on a digest's page of the items that the mail only counts.
pub const COUNTED_ITEMS: u32 = 1_000;
/// Bytes of one mail template of the admin's own.
pub const TEMPLATE_BYTES: u64 = 256 * 1024;
/// Characters of an item's lead in a digest: three lines on a large screen, eight on a phone.
pub const LEAD_CHARS: usize = 300;
/// Characters of a mail's subject. Mail programs show 40 to 80; more only makes long headers.
pub const SUBJECT_CHARS: usize = 150;
/// Characters kept of a mail server's words.
pub const REPLY_CHARS: usize = 300;
/// Bytes of one line of a mail server's reply. RFC 5321 §4.5.3.1.5 says 512, some servers say more.
pub const REPLY_LINE_BYTES: usize = 4_096;
/// Lines of one reply of a mail server.
pub const REPLY_LINES: usize = 200;
pub const SMTP_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// A connection to the mail server that has had nothing to do for so long is closed. Busy servers close sooner than the five
/// minutes of RFC 5321 §4.5.3.2.7.
pub const SMTP_IDLE: Duration = Duration::from_secs(15);

/// Bytes read of a mail that came to the bounce mailbox. What a report says comes before the mail
/// that it returns.
pub const MAIL_BYTES: usize = 10 * 1024 * 1024;
/// Parts of such a mail. A report has three.
pub const MAIL_PARTS: usize = 200;
/// Containers within containers of such a mail.
pub const MAIL_NESTING: usize = 8;
/// Header fields of one part of such a mail.
pub const MAIL_FIELDS: usize = 1_000;
/// Bytes read of one part's text, still encoded.
pub const MAIL_TEXT_BYTES: usize = 256 * 1024;
/// Bytes of text in which a server may say in prose why a mail came back.
pub const PROSE_BYTES: usize = 32 * 1024;
/// Recipients of one delivery report. Ours have one; a group address may make it many.
pub const REPORT_RECIPIENTS: usize = 20;

/// Hard bounces after which an address gets no more mail.
pub const HARD_BOUNCES: u32 = 2;
/// Time that must lie between the first and the last of them. A large provider called living
/// mailboxes unknown on two days running (Gmail, 14 and 15 December 2020), and a server that is
/// moved is often moved over a weekend.
pub const HARD_BOUNCES_SPAN: Duration = Duration::from_secs(3 * 24 * 3600);
/// Soft bounces after which an address gets no more mail.
pub const SOFT_BOUNCES: u32 = 5;
/// And they must lie at least this far apart: a full mailbox outlasts a holiday.
pub const SOFT_BOUNCES_SPAN: Duration = Duration::from_secs(14 * 24 * 3600);
/// Bounces closer together than this count as one: half of one digest's mails may come back within the hour. Less than a
/// day, since a daily digest does not come back at the same minute.
pub const BOUNCES_APART: Duration = Duration::from_secs(18 * 3600);
/// After so long without a bounce the earlier ones are forgotten; longer than a month, since some digests are monthly.
pub const BOUNCES_FORGOTTEN: Duration = Duration::from_secs(45 * 24 * 3600);

/// Characters, terms and nesting of one query.
pub const QUERY_CHARS: usize = 2_000;
pub const QUERY_TERMS: usize = 200;
pub const QUERY_DEPTH: usize = 32;
/// Items in one feed document, however busy its days were: 1,000 long articles are about 10 MB, the most a reader takes.
pub const FEED_ITEMS: usize = 1_000;
/// Bytes of a document up to which brotli, zstd and gzip pack it as well as they can; beyond, they take a level that is a
/// few times as fast and a few parts in a hundred larger.
pub const GZIP_BEST_BYTES: usize = 256 * 1024;
pub const BROTLI_BEST_BYTES: usize = 256 * 1024;
pub const ZSTD_BEST_BYTES: usize = 2 * 1024 * 1024;
/// Packing in brotli and zstd pauses so many times as long as it took. While news pour in, it thus
/// uses a tenth of a core, and clients that ask for these get gzip.
pub const PACKING_REST: u32 = 9;
/// The level of gzip for a page that is made for one answer.
pub const GZIP_QUICK: u32 = 3;
/// Items in one part of a feed's past, and for how long a month's last part waits for polls that were under way.
pub const ARCHIVE_ITEMS: usize = 100;
pub const ARCHIVE_GRACE: Duration = Duration::from_secs(3600);
/// Parts of one feed closed in one go: a large store takes its turns beside everything else.
pub const ARCHIVES_PER_TURN: usize = 5;
/// Items of a feed that are in no part yet, beyond which no further ones are looked for: a feed shows these, and the past of
/// a large store would all be in memory otherwise. More than a turn closes, so that each turn can close something.
pub const ARCHIVE_OPEN: usize = 600;
/// For so long feeds say that an item was withdrawn, and of so many at most.
pub const WITHDRAWN_TOLD: Duration = Duration::from_secs(90 * 86_400);
pub const WITHDRAWN_ITEMS: u32 = 200;
/// Bytes of documents kept that are made when somebody asks: archives and feeds of queries; and how many are made at once.
pub const SHELF_BYTES: usize = 16 * 1024 * 1024;
pub const SHELF_MAKERS: usize = 2;
/// Bytes of a body that is sent from a file in memory (a smaller one is copied as cheaply), and how many such files there may
/// be: each takes a descriptor, and its memory once more.
pub const LENT_BYTES: RangeInclusive<usize> = 16 * 1024..=512 * 1024;
pub const LENT_BODIES: usize = 64;
/// Items in the feed of a query, a source or a section, and the newest items that are looked through for it.
pub const SEARCH_FEED_ITEMS: u32 = 50;
pub const SEARCH_FEED_LOOKED_AT: usize = 5_000;
/// Query feeds rendered in an hour, for one client and for all; a cached one costs nothing.
pub const SEARCH_FEEDS_PER_CLIENT: u32 = 120;
pub const SEARCH_FEEDS_PER_HOUR: u32 = 3_000;
/// Earlier versions of a feed for which a reader can get only what is new.
pub const DELTA_VERSIONS: usize = 8;
/// Characters of an item's summary in a feed, when the page gave no lead.
pub const SUMMARY_CHARS: usize = 400;
/// A source is reported to the admin as broken when it has been for so long, or will have been by
/// its next poll.
pub const BREAK_TOLD_AFTER: Duration = Duration::from_secs(20 * 60);
/// A notice waits so long for others, to go with them in one mail.
pub const NOTICE_WAIT: Duration = Duration::from_secs(60);
/// Notices in one mail; others go in the next.
pub const NOTICES: u32 = 50;
/// Mails or digests of long ago that are taken out in one step, and steps of one round of tidying.
pub const PRUNED_AT_ONCE: u32 = 200;
pub const PRUNINGS: u32 = 50;
/// How long notices are kept, sent or not.
pub const NOTICE_AGE: Duration = Duration::from_secs(90 * 86_400);
/// How long bounces are kept for the admin to look at.
pub const BOUNCES_KEPT: Duration = Duration::from_secs(2 * 366 * 86_400);
/// Number of bounces in a day that speak against us, and not against the address, after which the
/// admin is notified.
pub const UNWELCOME_BOUNCES: u64 = 3;

/// Time between two mails that ask one address to confirm. Without it, anyone could flood other
/// people's addresses by typing them into the form.
pub const CONFIRMATION_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// Requests kept for one address until it confirms.
pub const REQUESTS_PER_ADDRESS: u64 = 10;
/// Age at which an unconfirmed subscriber or request is deleted.
pub const UNCONFIRMED_AGE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Requests to subscribe in an hour, from one client (an IPv4 address, an IPv6 /64) and from all.
/// An office with one address signs up in an afternoon; a botnet does not reach many mailboxes.
pub const SUBSCRIBES_PER_CLIENT: u32 = 30;
pub const SUBSCRIBES_PER_HOUR: u32 = 500;
/// Previews in an hour from one client and from all: each reads a month of items.
pub const PREVIEWS_PER_CLIENT: u32 = 120;
pub const PREVIEWS_PER_HOUR: u32 = 2_000;
/// Clients remembered for that; with more in an hour, those forgotten are held by the limit for all.
pub const CLIENTS_REMEMBERED: usize = 20_000;
/// An answer to a request to subscribe takes at least this long, whatever there was to do for it.
pub const SUBSCRIBE_ANSWER: Duration = Duration::from_millis(250);
/// What a preview looks back on, the items it reads for that, and the titles it shows.
pub const PREVIEW_DAYS: i64 = 30;
pub const PREVIEW_ITEMS: u32 = 3_000;
pub const PREVIEW_TITLES: usize = 20;
/// Of a pause only the last so many days are made up for, in one digest.
pub const PAUSE_CAUGHT_UP: Duration = Duration::from_secs(7 * 24 * 3600);
/// Characters of a subscriber's or group's name.
pub const NAME_CHARS: usize = 120;
/// Bytes and lines of a file of subscribers.
pub const IMPORT_BYTES: u64 = 32 * 1024 * 1024;
pub const IMPORT_LINES: usize = 100_000;
/// Lines of it written in one transaction.
pub const IMPORT_CHUNK: usize = 500;

/// Characters that a new password has at least, and bytes that any has at most: what is longer only costs time to hash.
pub const PASSWORD_CHARS: usize = 12;
pub const PASSWORD_BYTES: usize = 1_024;
/// A login ends when nothing was asked for so long,
pub const SESSION_IDLE: Duration = Duration::from_secs(30 * 60);
/// and in any case after so long.
pub const SESSION_AGE: Duration = Duration::from_secs(12 * 3600);
/// That a login is in use is written down at most this often.
pub const SESSION_SEEN: Duration = Duration::from_secs(60);
/// Logins of one account at once; one more ends the oldest.
pub const SESSIONS: u32 = 10;
/// Logins that may fail within [`LOGIN_WINDOW`]: from one client; for one name, from clients that
/// never logged in with it; from a browser that did; and in total.
pub const LOGINS_PER_CLIENT: u32 = 10;
pub const LOGINS_PER_NAME: u32 = 30;
pub const LOGINS_PER_BROWSER: u32 = 10;
pub const LOGINS_PER_WINDOW: u32 = 600;
pub const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);
/// For how long a browser is known to have got in.
pub const BROWSER_KNOWN: Duration = Duration::from_secs(180 * 24 * 3600);
/// Passwords hashed at once for strangers; others wait, up to so many, and more are turned away.
pub const HASHES: usize = 2;
pub const HASHES_WAITING: usize = 30;
/// Bytes of a form on the admin pages.
pub const ADMIN_FORM_BYTES: usize = 256 * 1024;
/// Lines on a page of a list of the admin.
pub const ADMIN_PAGE: u32 = 50;
/// Days shown in the charts of the admin.
pub const CHART_DAYS: u32 = 30;
/// Pages of portals kept in memory while a source is being set up, for how long, and their bytes in
/// total.
pub const LOOKS_KEPT: usize = 12;
pub const LOOK_AGE: Duration = Duration::from_secs(10 * 60);
pub const LOOK_BYTES: usize = 32 * 1024 * 1024;
/// Pages fetched in an hour for setting sources up, for one client and for all.
pub const LOOKS_PER_CLIENT: u32 = 200;
pub const LOOKS_PER_HOUR: u32 = 400;
/// Rows of a listing shown while it is set up, and parts of one row to choose from.
pub const LOOK_ROWS: usize = 12;
pub const LOOK_PARTS: usize = 24;

/// Bytes of an item's text that search looks at, and bytes of words kept of one item: PostgreSQL takes a million. What is
/// longer is found by its beginning.
pub const SEARCHED_TEXT: usize = 256 * 1024;
pub const SEARCHED_BYTES: usize = 512 * 1024;
/// Results on a page of search, and items examined for one page where the index alone cannot decide
/// (a quarter of a millisecond each). A search for a phrase that hardly occurs continues from there
/// on the next page.
pub const SEARCH_PAGE: u32 = 20;
pub const SEARCH_LOOKED_AT: usize = 45;
/// Results are counted up to here.
pub const SEARCH_COUNTED: u32 = 1_000;
/// Characters of an excerpt, and bytes of a text that one is looked for in.
pub const EXCERPT_CHARS: usize = 240;
pub const EXCERPT_TEXT: usize = 64 * 1024;
/// Newest items that the front page is made of, its sections, and the items of each.
pub const FRONT_ITEMS: u32 = 120;
pub const FRONT_TOP: usize = 6;
pub const FRONT_SECTIONS: usize = 8;
pub const FRONT_OF_SECTION: usize = 5;
/// Newest items whose sections are offered as a filter, and how many of those.
pub const SECTIONS_LOOKED_AT: u32 = 3_000;
pub const SECTIONS: u32 = 60;
/// Changes of an item that its page lists, the newest.
pub const REVISIONS_SHOWN: usize = 20;
/// Paragraphs of a text that is compared with another.
pub const COMPARED_PARAGRAPHS: usize = 2_000;
/// Addresses in one part of the sitemap; the protocol allows 50,000.
pub const SITEMAP_PART: i64 = 5_000;
/// Bytes of one picture, of all that are kept, and the edges of one in pixels. A portal's usual picture has 100 to 300 KB.
pub const PICTURE_BYTES: usize = 3 * 1024 * 1024;
pub const PICTURES_BYTES: u64 = 512 * 1024 * 1024;
pub const PICTURE_EDGE: u32 = 12_000;
/// A smaller picture counts visitors or is a line.
pub const PICTURE_SMALLEST: u32 = 8;
/// Newest items whose pictures are fetched, and pictures of one item.
pub const PICTURED_ITEMS: u32 = 100;
pub const PICTURES_OF_ITEM: usize = 20;
/// Between two pictures: polls go first.
pub const PICTURE_PAUSE: Duration = Duration::from_secs(1);
/// Times that a picture is tried.
pub const PICTURE_TRIES: u32 = 3;
/// Pictures of older items that a visitor's look at a page asked for and that wait to be fetched.
pub const PICTURES_WISHED: usize = 200;
