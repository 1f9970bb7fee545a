//! What a form sent.

use axum::http::HeaderMap;

/// The fields of a posted form, in its order. Lines end as on this machine.
#[derive(Clone, Default)]
pub struct PostedForm(Vec<(String, String)>);

impl PostedForm {
    pub fn read(body: &[u8]) -> Self {
        let fields = url::form_urlencoded::parse(body);
        PostedForm(
            fields.map(|(name, value)| (name.into_owned(), value.replace("\r\n", "\n"))).collect(),
        )
    }

    /// The first of this name; empty where there is none.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
    }

    /// The same without blanks around it.
    pub fn text(&self, name: &str) -> String {
        self.one(name).trim().to_owned()
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Numbers of all fields of this name; what is none is left out.
    pub fn numbers(&self, name: &str) -> Vec<i64> {
        let all = self.0.iter().filter(|(field, _)| field == name);
        all.filter_map(|(_, value)| value.parse().ok()).collect()
    }
}

/// The value of a cookie that the browser sent; the first, should there be several.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(axum::http::header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(field, value)| (field == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_cookies_are_found_by_their_names() {
        let form = PostedForm::read(b"a=+1+&b=x%0D%0Ay&a=2&n=7&n=x");
        assert_eq!((form.one("a"), form.text("a").as_str(), form.one("c")), (" 1 ", "1", ""));
        assert_eq!(form.one("b"), "x\ny");
        assert_eq!(form.numbers("n"), [7]);
        assert!(form.has("n") && !form.has("m"));
        let mut headers = HeaderMap::new();
        headers.append("cookie", "x=1; session=abc".parse().expect("ASCII"));
        headers.append("cookie", "session=later; y".parse().expect("ASCII"));
        assert_eq!(cookie(&headers, "session"), Some("abc"));
        assert_eq!(cookie(&headers, "sess"), None);
    }
}
