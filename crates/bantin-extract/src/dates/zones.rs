//! Time zones by the names that programs print: those of the IANA ("Asia/Ho_Chi_Minh"), of Windows ("SE Asia Standard
//! Time") and a few of their readers.

use chrono_tz::Tz;

/// Names besides those of the IANA, in lower case. Those of Windows as Unicode's windowsZones.xml maps them.
const NAMES: &[(&str, Tz)] = &[
    ("se asia standard time", Tz::Asia__Bangkok),
    ("indochina time", Tz::Asia__Ho_Chi_Minh),
    ("giờ việt nam", Tz::Asia__Ho_Chi_Minh),
    ("giờ hà nội", Tz::Asia__Ho_Chi_Minh),
    ("singapore standard time", Tz::Asia__Singapore),
    ("china standard time", Tz::Asia__Shanghai),
    ("taipei standard time", Tz::Asia__Taipei),
    ("tokyo standard time", Tz::Asia__Tokyo),
    ("japan standard time", Tz::Asia__Tokyo),
    ("korea standard time", Tz::Asia__Seoul),
    ("india standard time", Tz::Asia__Kolkata),
    ("aus eastern standard time", Tz::Australia__Sydney),
    ("gmt standard time", Tz::Europe__London),
    ("w. europe standard time", Tz::Europe__Berlin),
    ("romance standard time", Tz::Europe__Paris),
    ("russian standard time", Tz::Europe__Moscow),
    ("eastern standard time", Tz::America__New_York),
    ("central standard time", Tz::America__Chicago),
    ("mountain standard time", Tz::America__Denver),
    ("pacific standard time", Tz::America__Los_Angeles),
];

/// Letters of the longest name, and some more.
const LONGEST: usize = 200;

/// Takes the name of a zone out of a date's text. Returns the remaining text and the zone, `None`
/// where no zone is named.
pub fn cut(text: &str) -> Option<(String, Tz)> {
    if text.len() > LONGEST || text.len() < 12 {
        return None;
    }
    let without = |at: usize, length: usize| {
        format!("{} {}", &text[..at], &text[at + length..])
            .replace("()", "")
            .replace("( )", "")
            .replace("[ ]", "")
            .trim()
            .to_owned()
    };
    if text.contains('/') {
        let is_of_a_name = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_');
        let mut at = 0;
        for word in text.split(|c: char| !is_of_a_name(c)) {
            let length = word.len();
            if word.contains('/')
                && length >= 6
                && let Some(zone) = of_the_iana(word)
            {
                return Some((without(at, length), zone));
            }
            let next = text[at + length..].chars().next().map_or(0, char::len_utf8);
            at += length + next;
        }
    }
    if !["Standard Time", "standard time", "ndochina", "iờ Việt", "iờ Hà"]
        .iter()
        .any(|part| text.contains(part))
    {
        return None;
    }
    let lower = text.to_lowercase();
    // Where lower case has other lengths, no place in it is one in the text.
    if lower.len() != text.len() {
        return None;
    }
    NAMES.iter().find_map(|(name, zone)| {
        let at = lower.find(name)?;
        Some((without(at, name.len()), *zone))
    })
}

/// "asia/ho_chi_minh" in whatever case.
fn of_the_iana(name: &str) -> Option<Tz> {
    name.parse().ok().or_else(|| {
        let mut begins = true;
        let spelled: String = name
            .chars()
            .map(|letter| {
                let letter = match begins {
                    true => letter.to_ascii_uppercase(),
                    false => letter.to_ascii_lowercase(),
                };
                begins = matches!(letter, '/' | '_');
                letter
            })
            .collect();
        spelled.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_out_and_other_slashes_stay() {
        let cut = |text: &str| cut(text).map(|(rest, zone)| (rest, zone.name()));
        let at = |rest: &str, zone| Some((rest.to_owned(), zone));
        assert_eq!(cut("12/11/2026 15:20 (Asia/Saigon)"), at("12/11/2026 15:20", "Asia/Saigon"));
        assert_eq!(
            cut("12 Nov 2026 15:20 asia/ho_chi_minh"),
            at("12 Nov 2026 15:20", "Asia/Ho_Chi_Minh")
        );
        assert_eq!(
            cut("12 Nov 2026 15:20 SE Asia Standard Time"),
            at("12 Nov 2026 15:20", "Asia/Bangkok")
        );
        assert_eq!(cut("12/Nov/2026 15:20:00"), None);
        assert_eq!(cut("Quyết định số 12/QĐ-UBND"), None);
    }
}
