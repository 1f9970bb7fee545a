//! P3 in time: whole years of schedules on a clock of the test's own. Each slot brings one digest and no more, over restarts
//! at the slot, clocks set back and on by a day, both changes of a zone's clocks, 29 February and the end of the year. What is
//! expected is worked out day by day from the zone's own rules, without the code that finds the next slot.

use std::collections::BTreeMap;
use std::path::Path;

use bantin::clock::Clock;
use bantin::config::Config;
use bantin::jobs::publish::Publisher;
use bantin_mail::Mailer;
use bantin_model::*;
use bantin_store::{NewSubscription, Store};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// Somebody who wants mail at times of day on some days, and a line even when there is no news: a mail a slot.
struct Reader {
    cadence: &'static str,
    zone: &'static str,
    times: &'static [&'static str],
    on: fn(&Calendar, NaiveDate) -> bool,
}

const READERS: &[Reader] = &[
    Reader {
        cadence: "30 7 * * *; 45 16 * * *",
        zone: "Asia/Ho_Chi_Minh",
        times: &["07:30", "16:45"],
        on: |_, _| true,
    },
    Reader {
        cadence: "30 7 * * Mon-Fri | working-days vn",
        zone: "Asia/Ho_Chi_Minh",
        times: &["07:30"],
        on: |days, day| days.is_working_day(day),
    },
    Reader {
        cadence: "0 8 * * * | no-holidays vn",
        zone: "Asia/Ho_Chi_Minh",
        times: &["08:00"],
        on: |days, day| !days.is_holiday(day),
    },
    Reader {
        cadence: "0 8 * * Mon",
        zone: "Asia/Ho_Chi_Minh",
        times: &["08:00"],
        on: |_, day| day.weekday() == Weekday::Mon,
    },
    // Falls into the hour that spring skips and into the one that autumn has twice.
    Reader { cadence: "30 2 * * *", zone: "Europe/Berlin", times: &["02:30"], on: |_, _| true },
    // In spring the second and the third slot are one moment.
    Reader {
        cadence: "0 1-3 * * *",
        zone: "Europe/Berlin",
        times: &["01:00", "02:00", "03:00"],
        on: |_, _| true,
    },
    Reader { cadence: "30 1 * * *", zone: "America/New_York", times: &["01:30"], on: |_, _| true },
    // Clocks change at midnight there.
    Reader { cadence: "0 0 * * *", zone: "America/Asuncion", times: &["00:00"], on: |_, _| true },
    Reader {
        cadence: "0 0 29 2 *",
        zone: "UTC",
        times: &["00:00"],
        on: |_, day| (day.month(), day.day()) == (2, 29),
    },
    Reader {
        cadence: "59 23 31 12 *; 0 0 1 1 *",
        zone: "Asia/Kolkata",
        times: &["23:59", "00:00"],
        on: |_, day| matches!((day.month(), day.day()), (12, 31) | (1, 1)),
    },
];

impl Reader {
    fn zone(&self) -> Tz {
        self.zone.parse().expect("a zone")
    }

    /// Every slot after `from` up to `to`.
    fn slots(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let calendar = Calendar::shipped("vn").expect("it is shipped");
        let mut slots = Vec::new();
        let mut day = from.date_naive() - TimeDelta::days(2);
        while day <= to.date_naive() + TimeDelta::days(2) {
            for time in self.times.iter().filter(|_| (self.on)(&calendar, day)) {
                let time: NaiveTime = time.parse().expect("a time");
                // The year's end has its one minute, the new year its own.
                let sensible = self.cadence != "59 23 31 12 *; 0 0 1 1 *"
                    || (day.month() == 12) == (time.to_string() == "23:59:00");
                if sensible {
                    slots.push(moment(self.zone(), day, time));
                }
            }
            day += TimeDelta::days(1);
        }
        slots.sort();
        slots.dedup();
        slots.retain(|at| *at > from && *at <= to);
        slots
    }
}

/// A time of day as clocks there show it: the first of two, and the end of a gap for what lies in it.
fn moment(zone: Tz, day: NaiveDate, time: NaiveTime) -> DateTime<Utc> {
    let mut shown = day.and_time(time);
    loop {
        match zone.from_local_datetime(&shown).earliest() {
            Some(at) => return at.to_utc(),
            None => shown += TimeDelta::minutes(1),
        }
    }
}

struct World {
    folder: tempfile::TempDir,
    config: Config,
    mailer: Mailer,
    clock: Clock,
    store: Store,
    readers: Vec<SubscriptionId>,
}

impl World {
    async fn begin(at: DateTime<Utc>) -> World {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let text = format!(
            "[server]\npublic_url = \"https://tin.example.vn/\"\n[store]\nurl = \"sqlite:{0}/bantin.db\"\n\
             [mail]\ntransport = \"folder:{0}/mail\"\nfrom = \"bantin@example.vn\"\n\
             [[source]]\nid = \"so\"\nname = \"Sở\"\nurl = \"https://so.example.vn/tin\"\nschedule = \"*/15 * * * *\"\n\
             [[feed]]\nname = \"tin\"\ntitle = \"Tin\"\nquery = \"source:so\"\n",
            folder.path().display()
        );
        let config = Config::from_text(&text, Path::new("year.toml")).expect("the config is right");
        let clock = Clock::set_to(at);
        let store = open(folder.path()).await;
        let applied = bantin::daemon::apply_sources(&store, &config, at).await;
        applied.expect("the store takes the sources");
        let mailer = Mailer::new(config.mail.clone()).expect("a mailer is made");
        let mut world = World { folder, config, mailer, clock, store, readers: Vec::new() };
        for (n, reader) in READERS.iter().enumerate() {
            world.add(&format!("phong-{n}@example.vn"), reader).await;
        }
        world
    }

    async fn add(&mut self, address: &str, reader: &Reader) {
        let cadence = Cadence::from_text(reader.cadence, reader.zone()).expect("a cadence");
        let now = self.clock.now();
        let first = cadence.next_after(now, &self.store.calendars()).expect("it fires");
        let selection = Selection::feed(self.config.feeds[0].name.clone());
        let wanted = NewSubscription { selection, cadence, when_empty: true };
        let active = SubscriberState::Active;
        let added =
            self.store.add_subscription(address, None, Lang::Vi, active, &wanted, first, now).await;
        self.readers.push(added.expect("the store takes it").1);
    }

    /// As after a kill: nothing but the file is left.
    async fn restart(&mut self) {
        self.store = open(self.folder.path()).await;
    }

    /// How many mails were queued.
    async fn publish(&self) -> u32 {
        let publisher = Publisher::new(self.store.clone(), self.clock.clone());
        publisher.publish_due(&self.mailer).await.expect("digests are made").deliveries
    }

    async fn go_to(&self, at: DateTime<Utc>) {
        self.clock.advance(at - self.clock.now());
    }

    /// When each reader's mails were queued.
    async fn mails(&self) -> BTreeMap<SubscriptionId, Vec<DateTime<Utc>>> {
        let mut mails: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for mail in self.store.deliveries(1_000_000).await.expect("the store answers") {
            mails.entry(mail.subscription.expect("a digest")).or_default().push(mail.created_at);
        }
        mails.values_mut().for_each(|times| times.sort());
        mails
    }
}

async fn open(folder: &Path) -> Store {
    let url = format!("sqlite:{}/bantin.db", folder.display());
    Store::open(&url).await.expect("the store opens")
}

/// Lives through the year, at every slot with a disturbance in turns, and compares what was queued with what should be.
async fn check_year(year: i32) {
    let new_year = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().expect("a time");
    // So that every zone's new year is in it, both of them.
    let begin = new_year(year) - TimeDelta::hours(20);
    let end = new_year(year + 1) + TimeDelta::hours(20);
    let mut world = World::begin(begin).await;
    for slot in 0.. {
        let next = world.store.next_digest_at().await.expect("the store answers");
        let next = next.filter(|next| *next <= end);
        let Some(next) = next else { break };
        assert!(next > world.clock.now(), "{next} should have been served");
        match slot % 20 {
            0 => {
                world.go_to(next - TimeDelta::milliseconds(1)).await;
                assert_eq!(world.publish().await, 0, "too early for {next}");
                world.go_to(next).await;
                world.restart().await;
            }
            10 => {
                world.go_to(next - TimeDelta::days(1)).await;
                assert_eq!(world.publish().await, 0, "the clock was set back before {next}");
                world.go_to(next).await;
            }
            _ => world.go_to(next).await,
        }
        assert!(world.publish().await > 0, "nothing at {next}");
        match slot % 20 {
            5 => {
                world.restart().await;
                assert_eq!(world.publish().await, 0, "{next} came again after a restart");
            }
            15 => {
                world.go_to(next - TimeDelta::days(1)).await;
                world.restart().await;
                assert_eq!(world.publish().await, 0, "{next} came again, the clock set back");
                world.go_to(next).await;
                assert_eq!(world.publish().await, 0, "{next} came again, the clock right again");
            }
            _ => (),
        }
    }
    let mails = world.mails().await;
    for (reader, id) in READERS.iter().zip(&world.readers) {
        let expected = reader.slots(begin, end);
        let had = mails.get(id).cloned().unwrap_or_default();
        let differing = had.iter().zip(&expected).find(|(had, expected)| had != expected);
        assert_eq!(had.len(), expected.len(), "{} {}: {differing:?}", reader.cadence, reader.zone);
        assert_eq!(differing, None, "{} {}", reader.cadence, reader.zone);
    }
}

#[tokio::test]
async fn p3_every_slot_of_an_ordinary_year_comes_once() {
    check_year(2027).await;
}

#[tokio::test]
async fn p3_every_slot_of_a_leap_year_comes_once() {
    check_year(2028).await;
}

/// Once on each day of a fortnight around Berlin's change of clocks, and around Tết.
#[tokio::test]
async fn p3_what_a_day_of_downtime_missed_comes_as_one_mail() {
    for start in ["2027-02-01T05:10:00Z", "2027-03-22T00:40:00Z", "2027-10-25T00:40:00Z"] {
        let mut down: DateTime<Utc> = start.parse().expect("a time");
        let begin = down;
        let mut world = World::begin(begin).await;
        let mut expected: Vec<Vec<DateTime<Utc>>> = vec![Vec::new(); READERS.len()];
        for _ in 0..14 {
            let up = down + TimeDelta::days(1);
            world.go_to(up).await;
            world.restart().await;
            world.publish().await;
            for (reader, expected) in READERS.iter().zip(&mut expected) {
                expected.extend((!reader.slots(down, up).is_empty()).then_some(up));
            }
            assert_eq!(world.publish().await, 0, "at {up} all has come");
            down = up;
        }
        let mails = world.mails().await;
        for ((reader, id), expected) in READERS.iter().zip(&world.readers).zip(expected) {
            let had = mails.get(id).cloned().unwrap_or_default();
            assert_eq!(had, expected, "{} {} from {start}", reader.cadence, reader.zone);
        }
    }
}
