//! Boxes of the weather, of rates and of prices: they change with every visit, and many portals put them into the text.

/// How such a box begins, folded.
const SUBJECTS: &[&str] = &[
    "thoi tiet",
    "du bao thoi tiet",
    "ty gia",
    "ti gia",
    "ngoai te",
    "gia ngoai te",
    "gia vang",
    "gia xang",
    "chung khoan",
    "weather",
    "exchange rate",
    "gold price",
];

/// Names of what a rate or a price is of, as words of their own.
const RATED: &[&str] =
    &["usd", "eur", "gbp", "jpy", "cny", "aud", "krw", "sgd", "thb", "sjc", "pnj", "doji"];

/// What a box of the weather says besides degrees.
const WEATHER: &[&str] = &["do am", "gio ", "humidity", "wind", "tam nhin"];

/// Letters of a box.
pub const LONGEST: usize = 400;

/// Whether an article is about these things, by its title, folded.
pub fn are_the_subject(title: &str) -> bool {
    SUBJECTS.iter().any(|subject| title.contains(subject))
}

/// Whether a folded text is figures with the names of what they measure, and no sentence.
pub fn is_box_of_rates(folded: &str) -> bool {
    let folded = folded.trim();
    let is_figure = |word: &&str| word.bytes().any(|b| b.is_ascii_digit());
    let figures = folded.split_whitespace().filter(is_figure).count();
    let words = folded.split_whitespace().count() - figures;
    if figures == 0 || words > 4 * figures + 8 || folded.ends_with(['.', '!', '?']) {
        return false;
    }
    let rated = || {
        let mut names: Vec<&str> = folded
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| RATED.contains(word))
            .collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    let is_weather =
        || folded.contains('°') && WEATHER.iter().any(|measure| folded.contains(measure));
    SUBJECTS.iter().any(|subject| folded.starts_with(subject))
        || figures >= 2 && (is_weather() || rated() >= 2)
}

#[cfg(test)]
mod tests {
    use super::super::super::text::fold;
    use super::*;

    #[test]
    fn figures_with_what_they_measure_are_a_box_and_sentences_are_not() {
        for (text, expected) in [
            ("Thời tiết Hà Nội 25°C", true),
            ("Tỷ giá USD 25.120", true),
            ("USD 25.120 EUR 27.010", true),
            ("Thời tiết hôm nay rất đẹp, 25°C.", false),
            ("Thời tiết", false),
            ("Trả 500 USD cho 2 người", false),
            ("Giá vàng tăng là do nhu cầu của người dân trong dịp lễ cưới cuối năm 2026", false),
            ("Kinh phí 25.120 triệu đồng", false),
            ("", false),
        ] {
            assert_eq!(is_box_of_rates(&fold(text)), expected, "{text}");
        }
    }
}
